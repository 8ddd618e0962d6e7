using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace DataGlue.Edge.Tests.D1;

public sealed class SqlTextTests
{
    [Theory]
    [InlineData("SELECT @a, @b, @a", "SELECT ?1, ?2, ?1")]
    [InlineData("SELECT @ab, @a, @abc", "SELECT ?1, ?2, ?3")]
    [InlineData("SELECT :a, $b", "SELECT ?1, ?2")]
    [InlineData("SELECT '@a', @b, 'it''s @c'", "SELECT '@a', ?1, 'it''s @c'")]
    [InlineData("SELECT \"@a\", [@a], `@a`, @b", "SELECT \"@a\", [@a], `@a`, ?1")]
    [InlineData("SELECT @b -- not @a, nor 'this\n, @c", "SELECT ?1 -- not @a, nor 'this\n, ?2")]
    [InlineData("SELECT /* @a ' */ @b /*@c", "SELECT /* @a ' */ ?1 /*@c")]
    [InlineData("SELECT 1 - @a - - @b / @c", "SELECT 1 - ?1 - - ?2 / ?3")]
    [InlineData("SELECT a$b, '$.x' || @a", "SELECT a$b, '$.x' || ?1")]
    [InlineData("SELECT CASE WHEN @a=@b THEN '' ELSE @c END", "SELECT CASE WHEN ?1=?2 THEN '' ELSE ?3 END")]
    public void A_named_parameter_becomes_one_by_its_place(string sql, string expected)
    {
        var (translated, values) = SqlText.ToD1(Statement.Of(sql, ("a", 1L), ("b", 2L), ("c", 3L), ("ab", 4L), ("abc", 5L)));

        Assert.Equal(expected, translated);
        Assert.Equal(SqlText.Parameters(sql).Count, values.Count);
    }

    [Fact]
    public void Values_stand_in_the_order_of_their_places()
    {
        var (_, values) = SqlText.ToD1(Statement.Of("SELECT @b, @a, @b, @c", ("a", 1L), ("b", "x"), ("c", null), ("d", 4L)));

        Assert.Equal(["x", 1L, null], values);
    }

    [Theory]
    [InlineData(1L << 53, "SELECT ?1 + ?1", 1L << 53)]
    [InlineData(-(1L << 53), "SELECT ?1 + ?1", -(1L << 53))]
    [InlineData((1L << 53) + 1, "SELECT CAST(?1 AS INTEGER) + CAST(?1 AS INTEGER)", "9007199254740993")]
    [InlineData(long.MinValue, "SELECT CAST(?1 AS INTEGER) + CAST(?1 AS INTEGER)", "-9223372036854775808")]
    public void A_number_beyond_a_double_goes_as_text(long number, string sql, object bound)
    {
        var (translated, values) = SqlText.ToD1(Statement.Of("SELECT @n + @n", ("n", number)));

        Assert.Equal(sql, translated);
        Assert.Equal([bound], values);
    }

    [Fact]
    public void Parameters_are_those_that_SQLite_finds()
    {
        using var connection = new SqliteConnection("Data Source=:memory:");
        connection.Open();
        foreach (var sql in new[] { "SELECT @a, ':x', :b, @a AS \"@y\" /* @z */ -- @w", "SELECT $é, @_1, 'a'':b', [:c] FROM (SELECT 1 AS \":c\")" })
        {
            raw.sqlite3_prepare_v2(connection.Handle, sql, out var statement);
            using (statement)
            {
                var found = Enumerable.Range(1, raw.sqlite3_bind_parameter_count(statement))
                    .Select(i => raw.sqlite3_bind_parameter_name(statement, i).utf8_to_string());

                Assert.Equal(found, SqlText.Parameters(sql));
            }
        }
    }

    [Fact]
    public void A_script_is_split_where_SQLite_sees_a_statement_end() => Assert.Equal(
        ["-- a; b\nCREATE TABLE a (x DEFAULT ';');", "\nCREATE TRIGGER t AFTER INSERT ON a BEGIN DELETE FROM a; SELECT 1; END;", " /* ; */ SELECT 2;"],
        SqlText.Split("-- a; b\nCREATE TABLE a (x DEFAULT ';');\nCREATE TRIGGER t AFTER INSERT ON a BEGIN DELETE FROM a; SELECT 1; END; /* ; */ SELECT 2;\n-- end\n"));
}
