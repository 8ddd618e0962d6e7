using System.Net;
using MaxMind.Db;

namespace DataGlue.Edge.Intake;

/// <summary>In which country an address is, by a file in MaxMind's format (<c>GEOIP_DATABASE</c>): GeoLite2, DB-IP, iptoasn and others come in it.</summary>
internal sealed class Countries : IDisposable
{
    private readonly Reader? reader;

    /// <exception cref="SettingException">The file cannot be read, or is none of that format.</exception>
    public Countries(Settings settings)
    {
        try
        {
            reader = settings.GeoIpDatabase is { } path ? new Reader(path, FileAccessMode.MemoryMapped) : null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or InvalidDatabaseException)
        {
            throw new SettingException($"GEOIP_DATABASE must be a file in MaxMind's format (.mmdb): {exception.Message}");
        }
    }

    /// <summary>Whether there is such a file.</summary>
    public bool AreKnown => reader is not null;

    /// <summary>The country of an address by its two letters; none where it is not known.</summary>
    public Utf8Text Of(IPAddress address)
    {
        // A file of the shorter addresses alone knows none of the longer.
        if (reader?.Metadata.IPVersion == 4 && address is { AddressFamily: System.Net.Sockets.AddressFamily.InterNetworkV6, IsIPv4MappedToIPv6: false })
        {
            return default;
        }

        try
        {
            return Client.CountryOf(Code(reader?.Find<Dictionary<string, object>>(address)));
        }
        catch (Exception exception) when (exception is InvalidDatabaseException or DeserializationException)
        {
            return default;
        }
    }

    public void Dispose() => reader?.Dispose();

    // The files of several makers: country_code of iptoasn, country.iso_code of MaxMind and DB-IP.
    private static string? Code(Dictionary<string, object>? found) => found is null ? null
        : found.TryGetValue("country_code", out var code) ? code as string
        : found.TryGetValue("country", out var country) ? country as string ?? (country as Dictionary<string, object>)?.GetValueOrDefault("iso_code") as string
        : null;
}
