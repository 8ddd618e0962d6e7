namespace DataGlue.Edge;

internal static class Unguessable
{
    /// <summary>60 random bits of the system, from a GUID: <c>RandomNumberGenerator</c> would load OpenSSL, which costs 4 MB of memory.</summary>
    public static long Number() => BitConverter.ToInt64(Guid.NewGuid().ToByteArray());
}
