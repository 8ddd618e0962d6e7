namespace DataGlue.Edge.Storage;

/// <summary>The files of sql/write and sql/read, which the program carries.</summary>
internal static class SqlFile
{
    /// <summary>The text of a file.</summary>
    /// <param name="name">Its path below sql, without its ending: <c>read/profile</c>.</param>
    public static string Read(string name)
    {
        using var reader = new StreamReader(typeof(SqlFile).Assembly.GetManifestResourceStream($"sql/{name}")!);
        return reader.ReadToEnd();
    }
}
