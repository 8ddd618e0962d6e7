using System.Globalization;

namespace DataGlue.Edge;

/// <summary>Every setting of the server, read once and checked before anything else starts.</summary>
/// <param name="Port">The TCP port to listen on, on all addresses.</param>
/// <param name="DatabasePath">The SQLite file, as a full path.</param>
/// <param name="MaxBodyBytes">The largest body of identify and track, in bytes.</param>
/// <param name="MaxBulkBytes">The largest body of sync and batch, in bytes.</param>
public sealed record EdgeOptions(int Port, string DatabasePath, int MaxBodyBytes, int MaxBulkBytes)
{
    private const int KiB = 1024;

    /// <summary>Reads the settings from the environment and the <c>.env</c> file that stands behind it.</summary>
    /// <exception cref="SettingException">A setting makes no sense; the message names it and what it may be.</exception>
    public static EdgeOptions Read(IConfiguration configuration)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        return new EdgeOptions(
            WholeNumber(configuration, "PORT", 3000, 1, 65_535),
            FilePath(configuration, "DATABASE_PATH", Path.Combine("data", "dataglue.db")),
            WholeNumber(configuration, "MAX_BODY_BYTES", 64 * KiB, KiB, 16 * KiB * KiB),
            WholeNumber(configuration, "MAX_BULK_BYTES", KiB * KiB, KiB, 64 * KiB * KiB));
    }

    private static int WholeNumber(IConfiguration configuration, string name, int fallback, int least, int most)
    {
        var text = configuration[name];
        if (string.IsNullOrWhiteSpace(text))
        {
            return fallback;
        }

        var valid = int.TryParse(text.Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out var number);
        return valid && number >= least && number <= most
            ? number
            : throw new SettingException($"{name} must be a whole number from {least} to {most}, not '{text}'");
    }

    private static string FilePath(IConfiguration configuration, string name, string fallback)
    {
        var text = configuration[name];
        var path = Path.GetFullPath(string.IsNullOrWhiteSpace(text) ? fallback : text.Trim());
        if (Directory.Exists(path) || Path.EndsInDirectorySeparator(path))
        {
            throw new SettingException($"{name} must be a file, not a folder: '{text}'");
        }

        return path;
    }
}

/// <summary>A setting that makes no sense: stops the start with one line.</summary>
public sealed class SettingException(string message) : Exception(message);
