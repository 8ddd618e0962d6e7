namespace DataGlue.Edge.Storage;

public static partial class WriteSql
{
    private const string UpsertProbe = """
        INSERT INTO server_state (name, value) VALUES ('probed_at', @received)
        ON CONFLICT (name) DO UPDATE SET value = excluded.value
        """;

    /// <summary>A write that changes nothing of anybody's, to learn whether the database takes one.</summary>
    public static WritePlan Probe { get; } = new("probe", ["received"], [UpsertProbe]);
}
