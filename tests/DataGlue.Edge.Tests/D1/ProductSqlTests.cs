using System.Text;
using System.Text.RegularExpressions;
using DataGlue.Edge.Storage;
using DataGlue.Edge.Tests.Support;

namespace DataGlue.Edge.Tests.D1;

/// <summary>What is known of D1 without running it.</summary>
public sealed partial class ProductSqlTests
{
    /// <summary>How many parameters a statement may have on D1.</summary>
    public const int MostParameters = 100;

    /// <summary>How long a statement may be on D1, in bytes.</summary>
    public const int MostBytes = 100_000;

    // What concerns the file and its schema, and has no counterpart on D1: the server keeps that to itself.
    private static readonly string[] OfTheFileAlone = ["sqlite_schema", "schemaversions", "pragma_foreign_key_check"];

    private static IEnumerable<string> Scripts => SchemaUpgrade.Scripts().SelectMany(script => SqlText.Split(script.Contents));

    private static IEnumerable<string> Statements => [.. ProductSql.Writes, .. ProductSql.Reads.Values, .. ProductSql.Questions.Values, .. ProductSql.Repairs.Values, .. Scripts];

    [Fact]
    public void No_statement_on_the_data_stands_in_the_code()
    {
        var code = Directory.GetFiles(Path.Combine(NativeBinary.Root, "src", "DataGlue.Edge"), "*.cs", SearchOption.AllDirectories)
            .Where(file => !file.Contains("/obj/", StringComparison.Ordinal));

        Assert.DoesNotContain(
            code.SelectMany(File.ReadAllLines), line => Statement().IsMatch(line) && !OfTheFileAlone.Any(name => line.Contains(name, StringComparison.OrdinalIgnoreCase)));
    }

    [Fact]
    public void Every_file_is_one_that_the_program_carries_and_the_other_way_round() => Assert.Equal(
        Directory.GetFiles(Path.Combine(NativeBinary.Root, "sql"), "*.sql", SearchOption.AllDirectories)
            .Select(file => Path.GetRelativePath(NativeBinary.Root, file)[..^4]).Where(name => name.Split('/') is [_, "write" or "read" or "repair", _]).Order(),
        typeof(SqlFile).Assembly.GetManifestResourceNames().Where(name => name.StartsWith("sql/", StringComparison.Ordinal)).Order());

    [Fact]
    public void A_read_is_one_statement_and_each_file_begins_with_what_it_is_for()
    {
        Assert.All([.. ProductSql.Reads.Values, .. ProductSql.Repairs.Values], sql => Assert.Single(SqlText.Split(sql)));
        Assert.All([.. ProductSql.Reads.Values, .. ProductSql.Repairs.Values, .. ProductSql.Scripts.Values], sql => Assert.StartsWith("-- ", sql, StringComparison.Ordinal));
    }

    [Fact]
    public void Every_script_joins_times_and_touches_onto_a_profile_by_the_same_rule()
    {
        var joins = ProductSql.Scripts.Values.Select(sql => Join().Match(sql)).Where(join => join.Success).Select(join => join.Value).ToList();

        Assert.Equal(2, joins.Count);
        Assert.Single(joins.Distinct());
    }

    [Fact]
    public void No_statement_has_more_parameters_or_is_longer_than_D1_takes() => Assert.All(Statements, sql =>
    {
        Assert.InRange(SqlText.Parameters(sql).Count, 0, MostParameters);
        Assert.InRange(Encoding.UTF8.GetByteCount(sql), 1, MostBytes);
    });

    [GeneratedRegex("  first_seen = coalesce\\(.*ELSE users\\.last_touch_key END", RegexOptions.Singleline)]
    private static partial Regex Join();

    [GeneratedRegex(@"\b(SELECT\b.*\bFROM\b|INSERT\s+INTO\b|UPDATE\s+\w+\s+SET\b|DELETE\s+FROM\b)")]
    private static partial Regex Statement();
}
