using System.Globalization;
using DataGlue.Edge.Tests.Support;
using Microsoft.Data.Sqlite;

namespace DataGlue.Edge.Tests.D1;

/// <summary>Batches on a SQLite file, with the SQLite that the server carries.</summary>
public sealed class SqliteBatches : IBatches, IDisposable
{
    private readonly SqliteConnection connection;

    public SqliteBatches(string path)
    {
        connection = new SqliteConnection(new DatabaseFile(path).ConnectionString);
        connection.Open();
    }

    public async Task<BatchOutcome> RunAsync(IReadOnlyList<Statement> batch)
    {
        ArgumentNullException.ThrowIfNull(batch);
        using var transaction = connection.BeginTransaction();
        try
        {
            var outcomes = new List<StatementOutcome>();
            foreach (var statement in batch)
            {
                outcomes.Add(await RunAsync(statement, transaction));
            }

            await transaction.CommitAsync();
            return new BatchOutcome(outcomes, Error: null);
        }
        catch (SqliteException exception)
        {
            await transaction.RollbackAsync();
            return BatchOutcome.Failed(exception.Message);
        }
    }

    public void Dispose() => connection.Dispose();

    private async Task<StatementOutcome> RunAsync(Statement statement, SqliteTransaction transaction)
    {
        using var command = new SqliteCommand(statement.Sql, connection, transaction);
        foreach (var parameter in SqlText.Parameters(statement.Sql))
        {
            command.Parameters.AddWithValue(parameter, statement.Values[parameter[1..]] ?? DBNull.Value);
        }

        var before = TotalChanges(transaction);
        var rows = new List<string>();
        using (var reader = await command.ExecuteReaderAsync())
        {
            while (await reader.ReadAsync())
            {
                rows.Add(string.Join(", ", Enumerable.Range(0, reader.FieldCount).Select(i => $"{reader.GetName(i)}={Literal(reader.GetValue(i))}")));
            }
        }

        return new StatementOutcome(rows, TotalChanges(transaction) - before);
    }

    private long TotalChanges(SqliteTransaction transaction)
    {
        using var command = new SqliteCommand("SELECT total_changes()", connection, transaction);
        return (long)command.ExecuteScalar()!;
    }

    private static string Literal(object value) => value switch
    {
        DBNull => "NULL",
        string text => $"'{text}'",
        byte[] bytes => $"X'{Convert.ToHexString(bytes)}'",
        _ => Convert.ToString(value, CultureInfo.InvariantCulture)!,
    };
}
