using DataGlue.Edge.Model;

namespace DataGlue.Edge.Edge;

/// <summary>What an edge makes sure of before it accepts anything.</summary>
internal static partial class EdgeStart
{
    // Less room than this, and SQLite may not even open the file.
    private const long Tight = 4 * 1024 * 1024;

    // What SQLite's log may take beside the file.
    private const long LogBytes = 64 * 1024 * 1024;
    private const long MiB = 1024 * 1024;
    private static readonly string[] OwnSuffixes = ["", "-wal", "-shm", "-reserve"];

    /// <summary>Gives the reserve up where the disk is so full that the database could not be opened.</summary>
    public static void MakeRoom(OutboxReserve reserve, Settings settings)
    {
        if (FreeBytes(settings) < Tight)
        {
            reserve.GiveUp();
        }
    }

    /// <summary>Checks that the database is one of an edge, and that the disk holds what the outbox may take.</summary>
    public static void CheckDatabase(ServerState server, OutboxReader reader, OutboxReserve reserve, Settings settings, ILogger logger)
    {
        if (server.HoldsVisitors())
        {
            throw new SettingException(
                $"DATABASE_PATH must be that of an edge, and '{settings.DatabasePath}' holds visitors: an edge of {settings.Home} would not answer for them; give the edge a file of its own, or unset HOME_URL");
        }

        var needed = settings.OutboxMaxBytes + OutboxReserve.Size + LogBytes;
        var room = FreeBytes(settings) + OwnSuffixes.Sum(suffix => LengthOf(settings.DatabasePath + suffix));
        if (needed <= room)
        {
            reserve.TryTake();
            return;
        }

        var most = (room - OutboxReserve.Size - LogBytes) / MiB;
        var sentence = most < 1
            ? $"DATABASE_PATH must be on a disk with at least {(OutboxReserve.Size + LogBytes) / MiB + 1} MB free for an edge, and there are {room / MiB} MB"
            : $"OUTBOX_MAX_MB must be at most {most} on this disk, not {settings.OutboxMaxBytes / MiB}: beside the outbox it has to hold {(OutboxReserve.Size + LogBytes) / MiB} MB for the log and the reserve";
        if (reader.Oldest() is null)
        {
            throw new SettingException(sentence);
        }

        // What waits must reach the home, however little room there is.
        LogTooSmall(logger, sentence);
    }

    private static long FreeBytes(Settings settings) => new DriveInfo(Path.GetDirectoryName(settings.DatabasePath)!).AvailableFreeSpace;

    private static long LengthOf(string path) => new FileInfo(path) is { Exists: true } file ? file.Length : 0;

    [LoggerMessage(EventId = 37, Level = LogLevel.Error, Message = "{Sentence}; it starts nevertheless, because items wait in it")]
    private static partial void LogTooSmall(ILogger logger, string sentence);
}
