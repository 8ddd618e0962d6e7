using System.Diagnostics;
using DataGlue.Edge.Storage;

namespace DataGlue.Edge.Edge;

/// <summary>Room on the disk for the relay: on a full disk SQLite refuses even a deletion. Once it is given up, nothing new is accepted until it is back.</summary>
internal sealed partial class OutboxReserve(Settings settings, DiskGuard guard, ILogger<OutboxReserve> logger)
{
    /// <summary>How large it is, in bytes: as large as SQLite lets its log be, so that what lies there fits into the file as well.</summary>
    public const long Size = 64 * 1024 * 1024;

    // What must stay free beside it: where there is less, it would be given up again soon.
    private const long Slack = 16 * 1024 * 1024;
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private readonly string path = PathOf(settings.DatabasePath);
    private readonly Lock gate = new();

    private volatile bool isHeld;
    private long? tried;

    /// <summary>Takes the room, where it is not taken yet and the disk has it and a little more; it is looked for once a second at the most.</summary>
    public bool TryTake()
    {
        if (isHeld)
        {
            return true;
        }

        lock (gate)
        {
            if (!isHeld && (tried is not { } last || Stopwatch.GetElapsedTime(last) >= Interval))
            {
                tried = Stopwatch.GetTimestamp();
                Note(TryAllocate());
            }

            return isHeld;
        }
    }

    public void GiveUp()
    {
        lock (gate)
        {
            tried = Stopwatch.GetTimestamp();
            Note(false);
            if (File.Exists(path))
            {
                LogGivenUp();
                File.Delete(path);
            }
        }
    }

    /// <summary>Removes what a node that is the home now has kept while it was an edge.</summary>
    public static void Discard(string databasePath) => File.Delete(PathOf(databasePath));

    private static string PathOf(string databasePath) => databasePath + "-reserve";

    private void Note(bool held)
    {
        isHeld = held;
        guard.ReservedBytes = held ? Size : 0;
    }

    private bool TryAllocate()
    {
        try
        {
            if (new FileInfo(path) is { Exists: true, Length: Size })
            {
                return true;
            }

            if (new DriveInfo(Path.GetDirectoryName(path)!).AvailableFreeSpace < Size + Slack)
            {
                return false;
            }

            var allocation = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write, Share = FileShare.None, PreallocationSize = Size };
            using var file = new FileStream(path, allocation);
            file.SetLength(Size);
            return true;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            File.Delete(path);
            return false;
        }
    }

    [LoggerMessage(EventId = 30, Level = LogLevel.Error, Message = "The disk is full: the reserve is given up so that the outbox can drain; new writes get 503 meanwhile")]
    private partial void LogGivenUp();
}
