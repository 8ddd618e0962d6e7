namespace DataGlue.Edge.Tests.Support;

/// <summary>The bytes of a file that another process, or the server, has open.</summary>
internal static class FileBytes
{
    public static byte[] Of(string file)
    {
        using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        using var bytes = new MemoryStream();
        stream.CopyTo(bytes);
        return bytes.ToArray();
    }
}
