namespace DataGlue.Edge.Edge;

/// <summary>How it stands between this node and its home.</summary>
/// <param name="Name"><c>relaying</c>; <c>away</c> while the home does not answer; <c>held</c> until somebody changes something; <c>disk_full</c>; <c>home</c> at the home.</param>
internal sealed record RelayState(string Name)
{
    public string? Problem { get; private init; }
    public string? Home { get; private init; }
    public string? HomeId { get; private init; }

    /// <summary>When the home last took something, in milliseconds since 1970; null when it has not since the start.</summary>
    public long? LastSuccess { get; private init; }

    /// <summary>How much the database may use, in bytes.</summary>
    public long? MaxBytes { get; private init; }

    public static RelayState Of(HomeLink home, OutboxReserve reserve, long maxBytes) => new(NameOf(home.Problem, reserve))
    {
        Problem = home.Problem?.Detail,
        Home = home.Address,
        HomeId = home.HomeId,
        LastSuccess = home.LastSuccess,
        MaxBytes = maxBytes,
    };

    private static string NameOf(HomeException? problem, OutboxReserve reserve) => problem switch
    {
        _ when !reserve.TryTake() => "disk_full",
        null => "relaying",
        { Failure: HomeFailure.Refusing } => "held",
        _ => "away",
    };
}
