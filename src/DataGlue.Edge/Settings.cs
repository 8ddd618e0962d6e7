using System.Net;
using DataGlue.Edge.Edge;
using DataGlue.Edge.Intake;
using DataGlue.Edge.Security;

namespace DataGlue.Edge;

/// <summary>Every setting of the server, read once and checked before anything else starts.</summary>
internal sealed record Settings
{
    private const int KiB = 1024;

    // What a name in a connection string is made of.
    private static readonly System.Buffers.SearchValues<char> ConnectionStringName =
        System.Buffers.SearchValues.Create(" ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");

    // A value that a recipe has lost must not open a server to everybody, or make a home of an edge.
    private static readonly string[] NeverBlank =
        ["API_KEY", "WRITE_KEYS", "RELAY_KEY", "IDENTITY_SECRET", "REQUIRE_SIGNED_IDENTITY", "ALLOWED_ORIGINS", "HOME_URL"];

    // The proxy of Fly.io connects from here.
    private const string FlyProxyNetwork = "172.16.0.0/12";

    public int Port { get; init; } = 3000;
    public required string DatabasePath { get; init; } // a full path
    public int MaxBodyBytes { get; init; } = 64 * KiB; // of identify and track, decompressed
    public int MaxBulkBytes { get; init; } = KiB * KiB; // of sync and batch, decompressed
    public ApiKeys ApiKeys { get; init; } = ApiKeys.None;
    public ApiKeys WriteKeys { get; init; } = ApiKeys.None; // public keys: they open the four posts and nothing else
    public ApiKeys RelayKeys { get; init; } = ApiKeys.None; // they open the relay alone; an edge shows its home the first
    public string? IdentitySecret { get; init; } // with which the site's back end signs identifications; null for none
    public bool RequireSignedIdentity { get; init; } // whether a public identification without a signature is a claim only
    public AllowedOrigins AllowedOrigins { get; init; } = AllowedOrigins.Any;
    public int RateLimit { get; init; } = 100; // requests of an address to /glue in a minute; 0 for no limit
    public int EventLimit { get; init; } = 3_000; // events, identifications and sessions of an address in a minute; 0 for no limit
    public int ConnectionLimit { get; init; } = 512; // connections of an address at once; 0 for no limit
    public long MinFreeBytes { get; init; } = 64L * KiB * KiB; // with less free disk, only what comes with a secret key is written
    public int? RetentionDays { get; init; } // events older than this are removed; null: none
    public IgnoredReferrers IgnoredReferrers { get; init; } = IgnoredReferrers.None;
    public string? GeoIpDatabase { get; init; } // a file in MaxMind's format that tells the country of an address; null for none
    public IReadOnlyList<IPNetwork> TrustedProxies { get; init; } = []; // proxies that may name the client of a request
    public int? MetricsPort { get; init; } // where /metrics needs no key; null for none
    public string? Region { get; init; } // of an edge: stands behind the source of what it takes; null at a home
    public bool OnFly { get; init; } // the proxy of Fly.io sets Fly-Client-IP itself
    public Uri? Home { get; init; } // makes this node an edge of that home; null where this is the home
    public long OutboxMaxBytes { get; init; } = 512L * KiB * KiB; // what an edge may hold for its home

    /// <summary>Reads the settings from the environment and the <c>.env</c> file that stands behind it.</summary>
    /// <exception cref="SettingException">A setting is invalid; the message names it and what it may be.</exception>
    public static Settings Read(IConfiguration configuration)
    {
        RequireNoneBlank(configuration);
        var defaults = new Settings { DatabasePath = Path.Combine("data", "dataglue.db") };
        var onFly = Text(configuration, "FLY_APP_NAME") is not null;
        var port = WholeNumber(configuration, "PORT", 1, 65_535) ?? defaults.Port;
        var keys = ApiKeys.Parse("API_KEY", Text(configuration, "API_KEY"));
        var writeKeys = ApiKeys.Parse("WRITE_KEYS", Text(configuration, "WRITE_KEYS"));
        var relayKeys = ApiKeys.Parse("RELAY_KEY", Text(configuration, "RELAY_KEY"));
        if (writeKeys.Share(keys) || writeKeys.Share(relayKeys))
        {
            throw new SettingException("WRITE_KEYS must be other keys than those of API_KEY and RELAY_KEY: pages show them to everyone");
        }

        var home = HomeAddress.Read(name => Text(configuration, name), port, keys, relayKeys);
        return new Settings
        {
            Port = port,
            DatabasePath = FilePath(configuration, "DATABASE_PATH", defaults.DatabasePath),
            MaxBodyBytes = WholeNumber(configuration, "MAX_BODY_BYTES", KiB, 16 * KiB * KiB) ?? defaults.MaxBodyBytes,
            MaxBulkBytes = WholeNumber(configuration, "MAX_BULK_BYTES", KiB, 64 * KiB * KiB) ?? defaults.MaxBulkBytes,
            ApiKeys = keys,
            WriteKeys = writeKeys,
            RelayKeys = relayKeys,
            IdentitySecret = Text(configuration, "IDENTITY_SECRET"),
            RequireSignedIdentity = Flag(configuration, "REQUIRE_SIGNED_IDENTITY"),
            AllowedOrigins = AllowedOrigins.Parse(Text(configuration, "ALLOWED_ORIGINS")),
            RateLimit = WholeNumber(configuration, "RATE_LIMIT", 0, 1_000_000) ?? defaults.RateLimit,
            EventLimit = WholeNumber(configuration, "EVENT_LIMIT", 0, 10_000_000) ?? defaults.EventLimit,
            ConnectionLimit = WholeNumber(configuration, "CONNECTION_LIMIT", 0, 65_536) ?? defaults.ConnectionLimit,
            MinFreeBytes = WholeNumber(configuration, "MIN_FREE_MB", 0, 1_048_576) is { } free ? (long)free * KiB * KiB : defaults.MinFreeBytes,
            RetentionDays = WholeNumber(configuration, "RETENTION_DAYS", 1, 36_500),
            IgnoredReferrers = IgnoredReferrers.Parse(Text(configuration, "IGNORED_REFERRERS")),
            GeoIpDatabase = Text(configuration, "GEOIP_DATABASE"),
            TrustedProxies = Networks("TRUSTED_PROXIES", Text(configuration, "TRUSTED_PROXIES") ?? (onFly ? FlyProxyNetwork : null)),
            MetricsPort = OtherPort(configuration, "METRICS_PORT", port),
            Region = home is null ? null : Text(configuration, "FLY_REGION")?.ToLowerInvariant(),
            OnFly = onFly,
            Home = home,
            OutboxMaxBytes = WholeNumber(configuration, "OUTBOX_MAX_MB", 1, 1_048_576) is { } megabytes ? (long)megabytes * KiB * KiB : defaults.OutboxMaxBytes,
        };
    }

    private static void RequireNoneBlank(IConfiguration configuration)
    {
        if (NeverBlank.FirstOrDefault(name => configuration[name] is { } text && string.IsNullOrWhiteSpace(text)) is { } blank)
        {
            throw new SettingException($"{blank} must have a value where it is set, and it is blank; give it one, or unset it");
        }
    }

    private static string? Text(IConfiguration configuration, string name) =>
        string.IsNullOrWhiteSpace(configuration[name]) ? null : configuration[name]!.Trim();

    private static int? WholeNumber(IConfiguration configuration, string name, int least, int most)
    {
        var text = Text(configuration, name);
        return text is null ? null
            : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most ? number
            : throw new SettingException($"{name} must be a whole number from {least} to {most}, not '{SettingException.Shown(text)}'");
    }

    private static bool Flag(IConfiguration configuration, string name) => Text(configuration, name)?.ToLowerInvariant() switch
    {
        null or "0" or "off" or "false" or "no" => false,
        "1" or "on" or "true" or "yes" => true,
        _ => throw new SettingException($"{name} must be on or off, not '{SettingException.Shown(Text(configuration, name)!)}'"),
    };

    private static int? OtherPort(IConfiguration configuration, string name, int port)
    {
        var other = WholeNumber(configuration, name, 1, 65_535);
        return other != port ? other : throw new SettingException($"{name} must be another port than PORT, not {port}");
    }

    private static List<IPNetwork> Networks(string name, string? text)
    {
        var items = text?.Split(',', StringSplitOptions.TrimEntries) ?? [];
        var networks = items.Select(item => item.Contains('/') ? item : item + (item.Contains(':') ? "/128" : "/32"));
        return [.. networks.Select(network => IPNetwork.TryParse(network, out var parsed)
            ? parsed
            : throw new SettingException($"{name} must be networks like 10.0.0.0/8 or fd00::/8, separated by commas, not '{SettingException.Shown(text!)}'"))];
    }

    private static string FilePath(IConfiguration configuration, string name, string fallback)
    {
        var text = Text(configuration, name) ?? fallback;
        if (IsAddress(text))
        {
            throw new SettingException($"{name} must be the path of a SQLite file, like data/dataglue.db, not a URL, a connection string or :memory:");
        }

        try
        {
            // SQLite keeps its log beside the file, not beside a link to it.
            var path = Path.GetFullPath(text);
            var file = new FileInfo(path) is { LinkTarget: not null } link ? link.ResolveLinkTarget(returnFinalTarget: true)!.FullName : path;
            return Path.EndsInDirectorySeparator(path) || UnixFile.KindOf(file) == FileKind.Folder ? throw new SettingException($"{name} must be a file, not a folder: '{text}'")
                : UnixFile.KindOf(file) == FileKind.Other ? throw new SettingException($"{name} must be a regular file, not a device or a pipe: '{text}'")
                : file;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new SettingException($"{name} must be a path that leads to a file, not '{SettingException.Shown(text)}': {exception.Message}");
        }
    }

    // A scheme (postgres://, file:, :memory:), or a name in front of = (Data Source=...). A path that looks like that can be written as ./path.
    private static bool IsAddress(string text)
    {
        var name = text.AsSpan(0, Math.Max(text.AsSpan().IndexOfAny(":=/\\"), 0));
        var mark = name.Length < text.Length ? text[name.Length] : ' ';
        return mark == ':' ? name.Length != 1 : mark == '=' && !name.ContainsAnyExcept(ConnectionStringName);
    }
}

/// <summary>A setting is invalid: stops the start with one line.</summary>
internal sealed class SettingException(string message) : Exception(message.ReplaceLineEndings(" "))
{
    /// <summary>A value as it may be shown: without the name and password that a URL holds.</summary>
    public static string Shown(string value)
    {
        var (scheme, end) = (value.IndexOf("://", StringComparison.Ordinal), value.LastIndexOf('@'));
        return scheme >= 0 && end > scheme ? string.Concat(value.AsSpan(0, scheme), "://***", value.AsSpan(end)) : value;
    }
}
