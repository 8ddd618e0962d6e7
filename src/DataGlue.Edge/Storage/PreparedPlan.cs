using System.Text.RegularExpressions;
using Microsoft.Data.Sqlite;

namespace DataGlue.Edge.Storage;

/// <summary>The statements of a plan, prepared once for the life of the writer's connection.</summary>
internal sealed partial class PreparedPlan : IDisposable
{
    private readonly Statement[] statements;

    public PreparedPlan(SqliteConnection connection, WritePlan plan) =>
        statements = [.. plan.Statements.Select(sql => new Statement(connection, sql, plan.Parameters))];

    /// <summary>Runs the statements in order.</summary>
    /// <exception cref="SqliteException">One failed; those before it have run.</exception>
    public WriteResult Run(object?[] values)
    {
        var rows = new object?[]?[statements.Length];
        for (var i = 0; i < statements.Length; i++)
        {
            rows[i] = statements[i].Run(values);
        }

        return new WriteResult(rows, Refusal: null);
    }

    public void Dispose()
    {
        foreach (var statement in statements)
        {
            statement.Dispose();
        }
    }

    [GeneratedRegex(@"@\w+")]
    private static partial Regex ParameterNames();

    private sealed class Statement : IDisposable
    {
        private readonly SqliteCommand command;
        private readonly int[] slots;
        private readonly bool returnsRow;

        public Statement(SqliteConnection connection, string sql, IReadOnlyList<string> parameters)
        {
            command = connection.CreateCommand();
            command.CommandText = sql;
            var used = ParameterNames().Matches(sql).Select(match => match.Value).Distinct().ToArray();
            slots = [.. used.Select(name => IndexOf(parameters, name[1..]))];
            foreach (var name in used)
            {
                command.Parameters.Add(new SqliteParameter(name, SqliteType.Text));
            }

            returnsRow = sql.StartsWith("SELECT", StringComparison.Ordinal) || sql.Contains("RETURNING", StringComparison.Ordinal);
            command.Prepare();
        }

        public object?[]? Run(object?[] values)
        {
            for (var i = 0; i < slots.Length; i++)
            {
                Bind(command.Parameters[i], values[slots[i]]);
            }

            if (!returnsRow)
            {
                command.ExecuteNonQuery();
                return null;
            }

            using var reader = command.ExecuteReader();
            object?[]? row = null;
            while (reader.Read())
            {
                row = new object?[reader.FieldCount];
                reader.GetValues(row!);
            }

            return row;
        }

        public void Dispose() => command.Dispose();

        private static void Bind(SqliteParameter parameter, object? value)
        {
            parameter.SqliteType = value is long ? SqliteType.Integer : SqliteType.Text;
            parameter.Value = value ?? DBNull.Value;
        }

        private static int IndexOf(IReadOnlyList<string> parameters, string name)
        {
            for (var i = 0; i < parameters.Count; i++)
            {
                if (parameters[i] == name)
                {
                    return i;
                }
            }

            throw new InvalidOperationException($"The plan has no parameter {name}");
        }
    }
}
