namespace DataGlue.Edge.Intake;

/// <summary>What an item takes of its sender's EVENT_LIMIT: about one for each row that it may make.</summary>
internal static class ItemCost
{
    /// <summary>Of an event or identification one; of a sync its events, its sessions and its profile, at least one, since it notes the time.</summary>
    public static long Of(Item item) => item is Sync sync ? Math.Max(1, sync.AcceptedEvents + sync.Sessions.Count + (SaysSomething(sync.Profile) ? 1 : 0)) : 1;

    private static bool SaysSomething(Profile? profile) => profile is not null
        && (profile.Email.IsPresent || profile.UserId.IsPresent || profile.Traits is not null || profile.Others.Count > 0
            || profile.FirstSeen is not null || profile.LastSeen is not null || profile.Touches.Count > 0);
}
