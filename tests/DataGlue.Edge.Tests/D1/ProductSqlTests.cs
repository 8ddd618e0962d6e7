using System.Text;
using DataGlue.Edge.Storage;

namespace DataGlue.Edge.Tests.D1;

/// <summary>What is known of D1 without running it.</summary>
public sealed class ProductSqlTests
{
    /// <summary>How many parameters a statement may have on D1.</summary>
    public const int MostParameters = 100;

    /// <summary>How long a statement may be on D1, in bytes.</summary>
    public const int MostBytes = 100_000;

    private static IEnumerable<string> Scripts => SchemaUpgrade.Scripts().SelectMany(script => SqlText.Split(script.Contents));

    private static IEnumerable<string> Statements => [.. ProductSql.Writes, .. ProductSql.Reads, .. ProductSql.Questions.Values, .. Scripts];

    [Fact]
    public void Every_statement_in_the_program_is_one_that_runs_on_D1_or_concerns_the_file_alone()
    {
        var unknown = ProductSql.InTheProgram()
            .Where(text => !ProductSql.OfTheFileAlone.Contains(text))
            .Where(text => !Statements.Any(statement => statement.Contains(text, StringComparison.Ordinal)));

        Assert.Empty(unknown);
    }

    [Fact]
    public void What_concerns_the_file_alone_is_in_the_program() => Assert.Empty(ProductSql.OfTheFileAlone.Except(ProductSql.InTheProgram()));

    [Fact]
    public void Every_plan_is_listed() => Assert.Equal(
        typeof(WriteSql).GetProperties().Where(property => property.PropertyType == typeof(WritePlan)).Select(property => property.GetValue(null)).ToHashSet(),
        WriteSql.Plans.ToHashSet<object?>());

    [Fact]
    public void No_statement_has_more_parameters_or_is_longer_than_D1_takes() => Assert.All(Statements, sql =>
    {
        Assert.InRange(SqlText.Parameters(sql).Count, 0, MostParameters);
        Assert.InRange(Encoding.UTF8.GetByteCount(sql), 1, MostBytes);
    });
}
