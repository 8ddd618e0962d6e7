namespace DataGlue.Edge.Intake;

/// <summary>How long a field may be, in characters, and how many items a request may hold.</summary>
internal static class Limits
{
    public const int Id = 255;
    public const int Email = 255;
    public const int EventName = 100;
    public const int Signature = 255;
    public const int BatchItems = 1_000;

    /// <summary>Events, and sessions, of one sync: what it answers about each must stay small beside what it sent.</summary>
    public const int SyncItems = 10_000;

    /// <summary>Characters of one value of a touch; what is longer is cut, since every touch is compared with those that stand.</summary>
    public const int TouchValue = 2_048;

    /// <summary>Bytes of a touch in a synced profile.</summary>
    public const int TouchBytes = 16_384;
}
