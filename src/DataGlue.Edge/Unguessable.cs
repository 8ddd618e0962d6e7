namespace DataGlue.Edge;

internal static class Unguessable
{
    /// <summary>
    /// 60 bits of the system's random source, from a GUID: <c>RandomNumberGenerator</c> would load OpenSSL, which costs 4 MB of memory and time at the start.
    /// </summary>
    public static long Number() => BitConverter.ToInt64(Guid.NewGuid().ToByteArray());
}
