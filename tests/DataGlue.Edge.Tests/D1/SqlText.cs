using System.Text;
using SQLitePCL;

namespace DataGlue.Edge.Tests.D1;

/// <summary>A statement with values for its named parameters; those that it does not use are passed over.</summary>
public sealed record Statement(string Sql, IReadOnlyDictionary<string, object?> Values)
{
    public static Statement Of(string sql, params (string Name, object? Value)[] values) =>
        new(sql, values.ToDictionary(value => value.Name, value => value.Value));
}

/// <summary>SQL as text: what D1 is given in place of a script, and of named parameters.</summary>
public static class SqlText
{
    // A double holds every whole number up to here.
    private const long Exact = 1L << 53;

    static SqlText() => Batteries_V2.Init();

    /// <summary>The statements of a script, each as it stands there with the comments before it.</summary>
    public static IEnumerable<string> Split(string script)
    {
        ArgumentNullException.ThrowIfNull(script);
        var start = 0;
        for (var i = script.IndexOf(';', StringComparison.Ordinal); i >= 0; i = script.IndexOf(';', i + 1))
        {
            var statement = script[start..(i + 1)];
            if (raw.sqlite3_complete(statement) != 0)
            {
                yield return statement;
                start = i + 1;
            }
        }
    }

    /// <summary>
    /// The statement in D1's terms, which knows parameters by their place alone, and the values in that order. D1 takes every number as
    /// a double, so a whole number that a double cannot hold travels as text and is cast.
    /// </summary>
    public static (string Sql, IReadOnlyList<object?> Values) ToD1(Statement statement)
    {
        ArgumentNullException.ThrowIfNull(statement);
        var names = new List<string>();
        var sql = new StringBuilder();
        foreach (var (token, isParameter) in Tokens(statement.Sql))
        {
            sql.Append(isParameter ? Placeholder(token[1..], statement, names) : token);
        }

        return (sql.ToString(), [.. names.Select(name => IsBeyondDouble(statement.Values[name]) ? $"{statement.Values[name]}" : statement.Values[name])]);
    }

    /// <summary>The parameters with their sign, in the order in which they first stand.</summary>
    public static IReadOnlyList<string> Parameters(string sql) => [.. Tokens(sql).Where(token => token.IsParameter).Select(token => token.Text).Distinct()];

    private static string Placeholder(string name, Statement statement, List<string> names)
    {
        if (!names.Contains(name))
        {
            names.Add(name);
        }

        var placeholder = $"?{names.IndexOf(name) + 1}";
        return IsBeyondDouble(statement.Values[name]) ? $"CAST({placeholder} AS INTEGER)" : placeholder;
    }

    private static bool IsBeyondDouble(object? value) => value is long number and (< -Exact or > Exact);

    // The text between two parameters is one token, with the strings, names and comments in which a sign is no parameter's.
    private static IEnumerable<(string Text, bool IsParameter)> Tokens(string sql)
    {
        var start = 0;
        for (var i = 0; i < sql.Length;)
        {
            var end = EndOfQuoted(sql, i);
            if (end > i)
            {
                i = end;
            }
            else if (IsName(sql[i]))
            {
                i = EndOfName(sql, i);
            }
            else if (sql[i] is '@' or ':' or '$' && EndOfName(sql, i + 1) is var after && after > i + 1)
            {
                yield return (sql[start..i], false);
                yield return (sql[i..after], true);
                start = i = after;
            }
            else
            {
                i++;
            }
        }

        yield return (sql[start..], false);
    }

    // Where the string, the quoted name or the comment ends that begins here; here itself, when none does.
    private static int EndOfQuoted(string sql, int i) => (sql[i], i + 1 < sql.Length ? sql[i + 1] : ' ') switch
    {
        ('\'', _) or ('"', _) or ('`', _) => After(sql, sql[i].ToString(), i + 1),
        ('[', _) => After(sql, "]", i + 1),
        ('-', '-') => After(sql, "\n", i + 2),
        ('/', '*') => After(sql, "*/", i + 2),
        _ => i,
    };

    // A doubled quote ends one string and begins the next: it comes to the same.
    private static int After(string sql, string end, int from) =>
        sql.IndexOf(end, from, StringComparison.Ordinal) is var found && found >= 0 ? found + end.Length : sql.Length;

    private static int EndOfName(string sql, int i)
    {
        while (i < sql.Length && (IsName(sql[i]) || sql[i] == '$'))
        {
            i++;
        }

        return i;
    }

    private static bool IsName(char c) => char.IsAsciiLetterOrDigit(c) || c == '_' || c > 0x7F;
}
