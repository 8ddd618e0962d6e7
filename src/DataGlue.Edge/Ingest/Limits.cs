namespace DataGlue.Edge.Ingest;

/// <summary>How long a field may be, in characters, and how many items a batch may hold.</summary>
internal static class Limits
{
    public const int Id = 255;

    public const int Email = 255;

    public const int EventName = 100;

    public const int BatchItems = 1_000;
}
