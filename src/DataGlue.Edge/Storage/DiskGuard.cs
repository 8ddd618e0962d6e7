namespace DataGlue.Edge.Storage;

/// <summary>Whether the disk of the database has <c>MIN_FREE_MB</c> left. It is looked at once a second at the most; the log tells when it has not, and when it has again.</summary>
internal sealed partial class DiskGuard(Settings settings, TimeProvider clock, ILogger<DiskGuard> logger)
{
    private const int MiB = 1024 * 1024;
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private readonly string folder = Path.GetDirectoryName(settings.DatabasePath)!;
    private readonly Lock gate = new();
    private readonly LogThrottle throttle = new(clock);

    private volatile bool isLow;
    private long looked = clock.GetTimestamp() - (long)(Interval.TotalSeconds * clock.TimestampFrequency);
    private bool told;
    private long reservedBytes;

    /// <summary>What the server itself keeps free by a file that it can delete, in bytes. It counts as free.</summary>
    public long ReservedBytes
    {
        get => Interlocked.Read(ref reservedBytes);
        set => Interlocked.Exchange(ref reservedBytes, value);
    }

    /// <summary>That less is free, in words for the operator; null where there is enough, or nobody knows.</summary>
    public string? Reason => IsLow() ? $"less than {settings.MinFreeBytes / MiB} MB of the disk are free" : null;

    private bool IsLow()
    {
        if (settings.MinFreeBytes == 0 || clock.GetElapsedTime(Interlocked.Read(ref looked)) < Interval)
        {
            return isLow;
        }

        lock (gate)
        {
            if (clock.GetElapsedTime(looked) >= Interval)
            {
                Interlocked.Exchange(ref looked, clock.GetTimestamp());
                isLow = FreeBytes() is { } free && free + ReservedBytes < settings.MinFreeBytes;
                Tell();
            }

            return isLow;
        }
    }

    // Null where the folder is gone: the next write says so.
    private long? FreeBytes()
    {
        try
        {
            return new DriveInfo(folder).AvailableFreeSpace;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private void Tell()
    {
        if (isLow && !told && throttle.Allows(0))
        {
            told = true;
            LogLow(settings.MinFreeBytes / MiB);
        }
        else if (!isLow && told)
        {
            told = false;
            LogEnough(settings.MinFreeBytes / MiB);
        }
    }

    [LoggerMessage(EventId = 23, Level = LogLevel.Error, Message = "Less than {Megabytes} MB of the disk are free (MIN_FREE_MB): what comes without a secret key gets 503")]
    private partial void LogLow(long megabytes);
    [LoggerMessage(EventId = 24, Level = LogLevel.Warning, Message = "{Megabytes} MB of the disk are free again: everything is written")]
    private partial void LogEnough(long megabytes);
}
