namespace DataGlue.Edge.Tests.Support;

/// <summary>What a program has written to a terminal.</summary>
public static class TerminalText
{
    /// <summary>A line without what sets the terminal up.</summary>
    public static string Plain(string line) => line.Replace("\e[?1h\e=", "", StringComparison.Ordinal).TrimEnd('\r');
}
