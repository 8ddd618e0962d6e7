using Microsoft.Data.Sqlite;

namespace DataGlue.Edge.Storage;

/// <summary>Questions to a database that have no value bound to them.</summary>
internal static class SqliteQueries
{
    public static void Execute(this SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    /// <summary>The first column of each row, as text.</summary>
    public static List<string> Column(this SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        using var reader = command.ExecuteReader();
        var rows = new List<string>();
        while (reader.Read())
        {
            rows.Add(reader.GetString(0));
        }

        return rows;
    }

    public static long Number(this SqliteConnection connection, string sql) =>
        long.Parse(connection.Column(sql)[0], CultureInfo.InvariantCulture);
}
