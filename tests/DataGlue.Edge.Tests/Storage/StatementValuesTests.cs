using DataGlue.Edge.Storage;

namespace DataGlue.Edge.Tests.Storage;

/// <summary>A write gives every value of its script by name. One that is forgotten would run with that of the write before.</summary>
public sealed class StatementValuesTests
{
    [Theory]
    [InlineData("all", new[] { "one", "two" }, null)]
    [InlineData("one twice", new[] { "one", "two", "one" }, null)]
    [InlineData("one forgotten", new[] { "one" }, "script names 2 values, of which 1 were not given")]
    [InlineData("one twice and one forgotten", new[] { "one", "one" }, "script names 2 values, of which 1 were not given")]
    [InlineData("one that the script lacks", new[] { "one", "three" }, "The script has no value three")]
    public void Every_name_has_its_value(string name, string[] given, string? error)
    {
        using var values = new StatementValues();
        var names = new ParameterNames();
        names.Add("one");
        names.Add("two");
        values.Take(new Given(["one", "two"]), names);

        Assert.Equal((name, error), (name, Record.Exception(() => values.Take(new Given(given), names))?.Message));
    }

    private sealed class Given(string[] names) : Write("script")
    {
        public override void Bind(Binder values)
        {
            foreach (var name in names)
            {
                values.Set(name, 1);
            }
        }
    }
}
