using System.Diagnostics.CodeAnalysis;
using DataGlue.Edge.Wire.Json;

namespace DataGlue.Edge.Intake;

/// <summary>What an item takes of its sender's EVENT_LIMIT: about one for each row that it may make, and for ten rows where they are small.</summary>
internal static class ItemCost
{
    private const int KeysOfOne = 10;

    /// <summary>Of an event one; of an identification one, and one more for each ten keys of its traits; of a sync its events, its sessions and its profile,
    /// which costs as much as an identification, and at least one, since it notes the time.</summary>
    public static long Of(Item item) => item switch
    {
        Sync sync => Math.Max(1, sync.AcceptedEvents + sync.Sessions.Count + (SaysSomething(sync.Profile) ? OfTraits(sync.Profile.Traits, sync.Profile.Others.Count) : 0)),
        Identify identify => OfTraits(identify.Traits, 0),
        _ => 1,
    };

    // Keys at all levels: those below the first make no rows, and cost their reading.
    private static long OfTraits(JsonText? traits, int others) => 1 + (((traits?.Keys ?? 0) + others) / KeysOfOne);

    private static bool SaysSomething([NotNullWhen(true)] Profile? profile) => profile is not null
        && (profile.Email.IsPresent || profile.UserId.IsPresent || profile.Traits is not null || profile.Others.Count > 0
            || profile.FirstSeen is not null || profile.LastSeen is not null || profile.Touches.Count > 0);
}
