using Dapper;
using DataGlue.Edge.Storage;

namespace DataGlue.Edge.Model;

/// <summary>What the server keeps for itself: which database this is, and which the home's.</summary>
internal sealed class ServerState(Database database)
{
    /// <summary>The id of this database.</summary>
    public string DatabaseId() => Value("database_id") ?? throw new InvalidDataException("The database has lost its id");

    /// <summary>The id of the home's database; null while no home has answered, and where this was promoted to be the home itself.</summary>
    public string? HomeId() => Value("home_id") is { } home && home != DatabaseId() ? home : null;

    /// <summary>The last tombstone of the home that an edge has, by its id there and its hash; 0 where it has none.</summary>
    public (long Id, string Hash) LastOfHome() => (Value("tombstones_after") is { } after ? long.Parse(after, CultureInfo.InvariantCulture) : 0, Value("tombstones_last") ?? "");

    /// <summary>Whether the database is one of an edge.</summary>
    public bool IsOfEdge() => database.Read(connection => connection.ExecuteScalar<bool>(SqlFile.Read("read/is_of_edge")));

    /// <summary>Whether the database holds what only a home holds.</summary>
    public bool HoldsVisitors() => database.Read(connection => connection.ExecuteScalar<bool>(SqlFile.Read("read/holds_visitors")));

    private string? Value(string name) => database.Read(connection => connection.QueryFirstOrDefault<string>(SqlFile.Read("read/server_state"), new { name }));
}
