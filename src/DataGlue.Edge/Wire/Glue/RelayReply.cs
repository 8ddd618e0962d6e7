using DataGlue.Edge.Intake;

namespace DataGlue.Edge.Wire.Glue;

/// <summary>The reply of a home to POST /glue/relay: everything that it does not reject is durable there.</summary>
internal sealed record RelayReply(bool Success, int Format, string DatabaseId, IReadOnlyList<Outcome> Results);

/// <summary>What an edge and its home have agreed on.</summary>
internal static class RelayFormat
{
    /// <summary>The format of a relay that this version writes, and the newest that it reads: <c>{"format":1,"items":[...]}</c>.</summary>
    public const int Version = 1;

    public const int MaxItems = 1_000;

    /// <summary>How large the body of a relay may be, in bytes, decompressed.</summary>
    public const int MaxBytes = 8 * 1024 * 1024;

    /// <summary>Marks what an edge sends: another edge does not pass it on.</summary>
    public const string HopHeader = "x-glue-hop";

    /// <summary>Names the database that the edge takes for its home's: another one does not answer.</summary>
    public const string HomeHeader = "x-glue-home";
}
