namespace DataGlue.Edge.Regions;

/// <summary>What an edge makes sure of before it accepts anything.</summary>
internal static partial class OutboxStart
{
    // Less room than this, and SQLite may not even open the file.
    private const long Tight = 4 * 1024 * 1024;

    // What SQLite's log may take beside the file.
    private const long LogBytes = 64 * 1024 * 1024;

    private const long MiB = 1024 * 1024;

    private static readonly string[] OwnSuffixes = ["", "-wal", "-shm", "-reserve"];

    /// <summary>Gives the reserve of an edge up where the disk is so full that the database could not be opened; a home has none.</summary>
    public static void MakeRoomForOutbox(this WebApplication app, EdgeOptions options)
    {
        var reserve = app.Services.GetRequiredService<OutboxReserve>();
        if (options.Home is null)
        {
            reserve.Discard();
        }
        else if (FreeBytes(options) < Tight)
        {
            reserve.GiveUp();
        }
    }

    /// <summary>Checks that the database of an edge is one, and that the disk holds what the outbox may take.</summary>
    /// <exception cref="SettingException">It is not, or does not.</exception>
    public static void CheckOutbox(this WebApplication app, EdgeOptions options)
    {
        if (options.Home is null)
        {
            return;
        }

        var reader = app.Services.GetRequiredService<OutboxReader>();
        if (reader.HoldsVisitors())
        {
            throw new SettingException(
                $"DATABASE_PATH must be that of an edge, and '{options.DatabasePath}' holds visitors: an edge of {options.Home} would not answer for them; give the edge a file of its own, or unset HOME_URL");
        }

        var needed = options.OutboxMaxBytes + OutboxReserve.Size + LogBytes;
        var room = FreeBytes(options) + OwnFiles(options).Sum(LengthOf);
        if (needed <= room)
        {
            app.Services.GetRequiredService<OutboxReserve>().TryTake();
            return;
        }

        var most = (room - OutboxReserve.Size - LogBytes) / MiB;
        var sentence = most < 1
            ? $"DATABASE_PATH must be on a disk with at least {(OutboxReserve.Size + LogBytes) / MiB + 1} MB free for an edge, and there are {room / MiB} MB"
            : $"OUTBOX_MAX_MB must be at most {most} on this disk, not {options.OutboxMaxBytes / MiB}: beside the outbox it has to hold {(OutboxReserve.Size + LogBytes) / MiB} MB for the log and the reserve";
        if (reader.Oldest() is null)
        {
            throw new SettingException(sentence);
        }

        // What waits must reach the home, however little room there is.
        LogTooSmall(app.Logger, sentence);
    }

    private static long FreeBytes(EdgeOptions options) => new DriveInfo(Path.GetDirectoryName(options.DatabasePath)!).AvailableFreeSpace;

    private static IEnumerable<string> OwnFiles(EdgeOptions options) => OwnSuffixes.Select(suffix => options.DatabasePath + suffix);

    private static long LengthOf(string path) => new FileInfo(path) is { Exists: true } file ? file.Length : 0;

    [LoggerMessage(EventId = 37, Level = LogLevel.Error, Message = "{Sentence}; it starts nevertheless, because items wait in it")]
    private static partial void LogTooSmall(ILogger logger, string sentence);
}
