using DataGlue.Edge.Intake;

namespace DataGlue.Edge.Wire.Glue;

/// <summary>The reply of a home to POST /glue/relay: everything that it does not reject is durable there.</summary>
internal sealed record RelayReply(bool Success, int Format, string DatabaseId, IReadOnlyList<Outcome> Results)
{
    public RelayTombstones? Tombstones { get; init; } // where the edge asks for those behind one
}

/// <summary>What was erased at the home and must not wait at an edge.</summary>
/// <param name="Key">The key of the hashes, in hex.</param>
/// <param name="Rows">Each as hash, whole (0 or 1), and the two places (timestamp and event_id) between which it holds.</param>
/// <param name="Last">The id of the last of them.</param>
/// <param name="Known">Whether the home has the one behind which the edge asks; else it has lost some.</param>
internal sealed record RelayTombstones(string Key, List<List<string>> Rows, long Last, bool Known);

/// <summary>The body of a relay.</summary>
/// <param name="After">The last tombstone of the home that the edge has, 0 where it has none; null of an edge that does not ask.</param>
/// <param name="LastHash">Its hash.</param>
/// <param name="Tombstones">Those that the edge brings, since the home seems to have lost them.</param>
internal sealed record RelayBody(List<ReadItem> Items, long? After, string? LastHash, List<List<string>> Tombstones);

/// <summary>What an edge and its home have agreed on.</summary>
internal static class RelayFormat
{
    /// <summary>The format of a relay that this version writes, and the newest that it reads: <c>{"format":1,"items":[...]}</c>.</summary>
    public const int Version = 1;

    public const int MaxItems = 1_000;

    /// <summary>How many tombstones go over at once.</summary>
    public const int MaxTombstones = 1_000;

    /// <summary>How large the body of a relay may be, in bytes, decompressed.</summary>
    public const int MaxBytes = 8 * 1024 * 1024;

    /// <summary>Marks what an edge sends: another edge does not pass it on.</summary>
    public const string HopHeader = "x-glue-hop";

    /// <summary>Names the database that the edge takes for its home's: another one does not answer.</summary>
    public const string HomeHeader = "x-glue-home";
}
