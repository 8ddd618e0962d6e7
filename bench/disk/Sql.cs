using Microsoft.Data.Sqlite;

namespace DataGlue.Bench.Disk;

/// <summary>Statements that are run once.</summary>
internal static class Sql
{
    public static void Run(this SqliteConnection connection, string sql, params ReadOnlySpan<(string Name, long Value)> parameters)
    {
        using var command = Command(connection, sql, parameters);
        command.ExecuteNonQuery();
    }

    public static T Ask<T>(this SqliteConnection connection, string sql)
    {
        using var command = Command(connection, sql, []);
        return (T)command.ExecuteScalar()!;
    }

    public static List<string> List(this SqliteConnection connection, string sql)
    {
        using var command = Command(connection, sql, []);
        using var reader = command.ExecuteReader();
        var texts = new List<string>();
        while (reader.Read())
        {
            texts.Add(reader.GetString(0));
        }

        return texts;
    }

    private static SqliteCommand Command(SqliteConnection connection, string sql, ReadOnlySpan<(string Name, long Value)> parameters)
    {
        var command = connection.CreateCommand();
        command.CommandText = sql;
        command.CommandTimeout = 0;
        foreach (var (name, value) in parameters)
        {
            command.Parameters.AddWithValue(name, value);
        }

        return command;
    }
}
