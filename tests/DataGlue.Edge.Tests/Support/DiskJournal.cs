using System.Buffers.Binary;
using Microsoft.Win32.SafeHandles;

namespace DataGlue.Edge.Tests.Support;

/// <summary>What a process has done to its database and log, in its order, as Support/powerlog.c has noted it.</summary>
public sealed class DiskJournal : IDisposable
{
    private const int HeaderLength = 24;

    private readonly SafeFileHandle file;

    public DiskJournal(string path)
    {
        file = File.OpenHandle(path);
        Span<byte> header = stackalloc byte[HeaderLength];
        for (long position = 0; RandomAccess.Read(file, header, position) == HeaderLength;)
        {
            var length = BinaryPrimitives.ReadInt64LittleEndian(header[16..]);
            position += HeaderLength;
            Records.Add(new DiskRecord(
                (DiskAction)BinaryPrimitives.ReadInt32LittleEndian(header),
                (DiskFile)BinaryPrimitives.ReadInt32LittleEndian(header[4..]),
                BinaryPrimitives.ReadInt64LittleEndian(header[8..]),
                (int)length,
                position));
            position += length;
        }
    }

    public List<DiskRecord> Records { get; } = [];

    /// <summary>The bytes of a write.</summary>
    public byte[] Bytes(DiskRecord record)
    {
        var bytes = new byte[record.Length];
        Assert.Equal(bytes.Length, RandomAccess.Read(file, bytes, record.Position));
        return bytes;
    }

    public void Dispose() => file.Dispose();
}

public enum DiskAction
{
    Write = 1,
    Truncate,
    Sync,
    Unlink,
}

public enum DiskFile
{
    Database,
    Log,
    Folder,
}

/// <summary>One thing that was done.</summary>
/// <param name="Offset">Of a truncation: the new length.</param>
/// <param name="Position">Where its bytes stand in the journal, so that it ends at this and its length.</param>
public readonly record struct DiskRecord(DiskAction Action, DiskFile File, long Offset, int Length, long Position)
{
    public long End => Position + Length;
}

/// <summary>
/// A disk that loses its power. What was synced is on it. Of what was not, each sector is as it was or as one of the writes since has left it, a file may or
/// may not have its new length, and the log's name may or may not be there: SQLite's own crash tests do the same.
/// </summary>
/// <param name="journal">What is done to it.</param>
/// <param name="database">The database as it was before; it is changed in place.</param>
/// <param name="syncs">Whether a sync of the log does what it promises.</param>
public sealed class PowerlessDisk(DiskJournal journal, string database, bool syncs = true) : IDisposable
{
    private const int Sector = 512;

    private readonly SafeFileHandle[] files = [Open(database), Open(database + "-wal")];
    private readonly List<DiskRecord> pending = [];
    private bool isNamed;
    private bool wasNamed;

    /// <summary>Goes on by one record: a write has begun, a sync is done.</summary>
    public void Go(DiskRecord record)
    {
        isNamed = record.File == DiskFile.Log ? record.Action != DiskAction.Unlink : isNamed;
        switch (record.Action)
        {
            case DiskAction.Unlink:
                break;
            case DiskAction.Sync when record.File == DiskFile.Folder:
                wasNamed = isNamed;
                break;
            case DiskAction.Sync when syncs || record.File == DiskFile.Database:
                pending.Where(item => item.File == record.File).ToList().ForEach(item => Apply(item, undo: null));
                pending.RemoveAll(item => item.File == record.File);
                break;
            case DiskAction.Sync:
                break;
            default:
                pending.Add(record);
                break;
        }
    }

    /// <summary>Lets the power fail now, in one of the ways that are possible; what this returns undoes it.</summary>
    public IDisposable Fail(Random random)
    {
        var undo = new Stack<Action>();
        var (part, torn) = random.Next(5) switch { 0 => (0.0, false), 1 => (1.0, false), 2 => (0.1, true), 3 => (0.9, true), _ => (0.5, random.Next(2) == 0) };
        foreach (var item in Shuffled(random, inOrder: part is 0 or 1))
        {
            if (torn && item.Action == DiskAction.Write)
            {
                Apply(item, undo, _ => random.NextDouble() < part);
            }
            else if (random.NextDouble() < part)
            {
                Apply(item, undo);
            }
        }

        var log = database + "-wal";
        if (!(part switch { 0 => wasNamed, 1 => isNamed, _ => random.Next(2) == 0 ? wasNamed : isNamed }))
        {
            File.Move(log, log + ".away");
            undo.Push(() => File.Move(log + ".away", log, overwrite: true));
        }

        undo.Push(() => File.Delete(database + "-shm"));
        return new Undo(undo);
    }

    public void Dispose() => Array.ForEach(files, file => file.Dispose());

    // Writes reach the disk in any order, but for those before and behind a change of the length.
    private List<DiskRecord> Shuffled(Random random, bool inOrder)
    {
        var result = new List<DiskRecord>();
        for (var start = 0; start < pending.Count;)
        {
            var end = pending.FindIndex(start, item => item.Action == DiskAction.Truncate);
            var writes = pending[start..(end < 0 ? pending.Count : end)].ToArray();
            if (!inOrder)
            {
                random.Shuffle(writes);
            }

            result.AddRange(writes);
            if (end >= 0)
            {
                result.Add(pending[end]);
            }

            start = end < 0 ? pending.Count : end + 1;
        }

        return result;
    }

    private void Apply(DiskRecord record, Stack<Action>? undo, Func<long, bool>? takesSector = null)
    {
        var file = files[(int)record.File];
        if (record.Action == DiskAction.Truncate)
        {
            Keep(file, record.Offset, (int)Math.Max(0, RandomAccess.GetLength(file) - record.Offset), undo);
            RandomAccess.SetLength(file, record.Offset);
            return;
        }

        var bytes = journal.Bytes(record);
        for (int at = 0, length; at < bytes.Length; at += length)
        {
            length = takesSector is null ? bytes.Length : Math.Min(bytes.Length - at, Sector - (int)((record.Offset + at) % Sector));
            if (takesSector is null || takesSector(record.Offset + at))
            {
                Keep(file, record.Offset + at, length, undo);
                RandomAccess.Write(file, bytes.AsSpan(at, length), record.Offset + at);
            }
        }
    }

    private static void Keep(SafeFileHandle file, long offset, int length, Stack<Action>? undo)
    {
        if (undo is null)
        {
            return;
        }

        var (before, size) = (new byte[length], RandomAccess.GetLength(file));
        var read = RandomAccess.Read(file, before, offset);
        undo.Push(() =>
        {
            RandomAccess.Write(file, before.AsSpan(0, read), offset);
            RandomAccess.SetLength(file, size);
        });
    }

    private static SafeFileHandle Open(string path) => File.OpenHandle(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);

    private sealed class Undo(Stack<Action> actions) : IDisposable
    {
        public void Dispose()
        {
            while (actions.TryPop(out var action))
            {
                action();
            }
        }
    }
}
