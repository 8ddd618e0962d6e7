namespace DataGlue.Edge;

/// <summary>A number that nobody outside the process can guess.</summary>
internal static class Unguessable
{
    /// <summary>
    /// 60 bits of the system's own random source, by way of a GUID: <c>RandomNumberGenerator</c> would load OpenSSL for it, which takes
    /// 4 MB of a machine that has 256, and a part of the time to start.
    /// </summary>
    public static long Number() => BitConverter.ToInt64(Guid.NewGuid().ToByteArray());
}
