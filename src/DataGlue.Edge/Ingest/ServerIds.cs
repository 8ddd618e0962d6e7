using System.Globalization;
using System.Security.Cryptography;

namespace DataGlue.Edge.Ingest;

/// <summary>Ids for writes that came without one.</summary>
internal static class ServerIds
{
    private const string Base36 = "0123456789abcdefghijklmnopqrstuvwxyz";

    private const int RandomLength = 9;

    /// <summary>An id of an event: <c>evt_&lt;epoch ms&gt;_&lt;random base36&gt;</c>, the look that the guide gives it.</summary>
    public static string NewEvent(long now) => New("evt", now);

    /// <summary>An id of an identification, made alike.</summary>
    public static string NewIdentification(long now) => New("idn", now);

    private static string New(string prefix, long now) =>
        string.Create(CultureInfo.InvariantCulture, $"{prefix}_{now}_{RandomNumberGenerator.GetString(Base36, RandomLength)}");
}
