namespace DataGlue.Edge.Storage;

/// <summary>A file of sql/write: statements that run in order, as one atomic unit, over one set of named values. No C# decides between two of them.</summary>
internal sealed record Script(string Name, string Sql)
{
    /// <summary>Does the common case in few statements. In every other its first statement breaks a constraint or adds nothing, and <see cref="Sql"/> runs.</summary>
    public string? Shortcut { get; private init; }

    /// <summary>Reads the file of this name from the program.</summary>
    public static Script Load(string name, string? shortcut = null) =>
        new(name, SqlFile.Read($"write/{name}")) { Shortcut = shortcut is null ? null : SqlFile.Read($"write/{shortcut}") };
}
