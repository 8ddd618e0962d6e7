using System.Collections.Concurrent;
using System.Globalization;
using DataGlue.Edge.Storage;
using DataGlue.Edge.Tests.Support;
using Microsoft.Data.Sqlite;

namespace DataGlue.Edge.Tests.Native;

/// <summary>
/// The power fails while the server writes and moves its log into the database: whatever of what was not synced has reached the disk, every acknowledged event
/// is there and the database is whole.
/// </summary>
[Collection(nameof(NativeTests))]
public sealed class PowerLossTests(NativeBinary binary, ITestOutputHelper output) : IDisposable
{
    private const int Points = 200;

    private const int PointsWithoutSync = 10;

    // A real check takes a second.
    private const int PointsOfEachCheck = 40;

    private static readonly int Seed = int.Parse(Environment.GetEnvironmentVariable("POWER_SEED") ?? "1", CultureInfo.InvariantCulture);

    private readonly TempFolder folder = new();

    private string DatabasePath => folder.File("data/dataglue.db");

    private string ImagePath => folder.File("image/dataglue.db");

    private string JournalPath => folder.File("journal");

    [Fact]
    public async Task Whenever_the_power_fails_every_acknowledged_event_is_there_and_the_database_is_whole()
    {
        NativeBinary.SkipWithout();
        Assert.SkipUnless(OperatingSystem.IsLinux() && Tools.Has("gcc"), "needs gcc");
        using (var first = await ServerProcess.StartAsync(binary, folder.Path))
        {
            Assert.Equal(0, await first.TerminateAsync());
        }

        Directory.CreateDirectory(folder.File("image"));
        File.Copy(DatabasePath, folder.File("before.db"));
        var acknowledged = await WriteAsync(await CompileAsync());
        using var journal = new DiskJournal(JournalPath);
        var random = new Random(Seed);
        var points = PointsOf(journal, random);

        await FailAtAsync(journal, points, random, acknowledged);

        // What was not synced is lost: otherwise this test would find nothing.
        File.Copy(folder.File("before.db"), ImagePath, overwrite: true);
        File.Delete(ImagePath + "-wal");
        Assert.NotEqual(0, LostWithoutSync(journal, points, acknowledged));
        output.WriteLine($"seed {Seed}: {points.Count} points in {journal.Records.Count} writes and syncs, {acknowledged.Count} acknowledged events");
    }

    public void Dispose() => folder.Dispose();

    // Returns the library that keeps the journal.
    private async Task<string> CompileAsync()
    {
        var source = Path.Combine(NativeBinary.Root, "tests", "DataGlue.Edge.Tests", "Support", "powerlog.c");
        var library = folder.File("powerlog.so");
        Assert.Equal(0, await Tools.RunAsync("gcc", "-shared", "-fPIC", "-O2", "-Wall", "-Werror", "-o", library, source));
        return library;
    }

    // Writes until the log has been moved into the database and begun anew, and stops the server, which moves it once more. Returns the events with the length
    // that the journal had, at the most, when each was acknowledged.
    private async Task<List<(string Id, long Length)>> WriteAsync(string library)
    {
        using var server = await ServerProcess.StartAsync(
            binary, folder.Path, [("LD_PRELOAD", library), ("DISK_DATABASE", DatabasePath), ("DISK_JOURNAL", JournalPath)]);
        var acknowledged = new ConcurrentBag<(string Id, long Length)>();
        await SendAsync("first");
        var salt = await SecondProcess.SaltAsync(DatabasePath);
        var more = 300;
        await Task.WhenAll(Enumerable.Range(0, 4).Select(async writer =>
        {
            var random = new Random(Seed + writer);
            for (var i = 0; more > 0; i++)
            {
                await SendAsync($"{writer}-{i}", random.Next(4) == 0 ? 100 : random.Next(60_000));
                if (i % 10 == 0 && await SecondProcess.SaltAsync(DatabasePath) != salt)
                {
                    Interlocked.Add(ref more, -10);
                }
            }
        }));
        Assert.Equal(0, await server.TerminateAsync());
        return [.. acknowledged.OrderBy(item => item.Length)];

        async Task SendAsync(string id, int filler = 0)
        {
            (await server.PostAsync("/glue/track", $$"""{"glue_user_id":"u{{id.Length}}","event":"e","event_id":"{{id}}","properties":{"x":"{{new string('x', filler)}}"} }""")).IsOk();
            acknowledged.Add((id, new FileInfo(JournalPath).Length));
        }
    }

    // Some at any time, some around that which makes writes durable or takes them away, and some in the middle of a checkpoint.
    private static List<int> PointsOf(DiskJournal journal, Random random)
    {
        var all = journal.Records.Index().ToList();
        var turns = all.Where(item => item.Item.Action != DiskAction.Write).SelectMany(item => new[] { item.Index - 1, item.Index, item.Index + 1 });
        var checkpoints = all.Where(item => item.Item is { Action: DiskAction.Write, File: DiskFile.Database }).Select(item => item.Index);
        int[][] kinds = [[.. all.Select(item => item.Index)], [.. turns], [.. checkpoints]];
        var points = new SortedSet<int>();
        for (var i = 0; points.Count < Points; i++)
        {
            var kind = kinds[i % kinds.Length];
            points.Add(Math.Clamp(kind[random.Next(kind.Length)], 0, all.Count - 1));
        }

        return [.. points];
    }

    private async Task FailAtAsync(DiskJournal journal, List<int> points, Random random, List<(string Id, long Length)> acknowledged)
    {
        File.Copy(folder.File("before.db"), ImagePath);
        using var disk = new PowerlessDisk(journal, ImagePath);
        var (next, sent) = (0, acknowledged.Select(item => item.Id).ToHashSet());
        for (var point = 0; point < points.Count; point++)
        {
            while (next <= points[point])
            {
                disk.Go(journal.Records[next++]);
            }

            using var failed = disk.Fail(random);
            var (faults, stored) = Read();
            var expected = acknowledged.TakeWhile(item => item.Length <= journal.Records[points[point]].End).Select(item => item.Id);
            Assert.True(faults.SequenceEqual(["ok"]), $"seed {Seed}, point {point}: {string.Join(' ', faults)}");
            Assert.True(!expected.Except(stored).Any() && stored.IsSubsetOf(sent), $"seed {Seed}, point {point}: {string.Join(' ', expected.Except(stored))} lost");
            if (point % PointsOfEachCheck == 0)
            {
                (await CommandRun.RunAsync(binary, folder.Path, [("DATABASE_PATH", ImagePath)], [], "check")).IsOk();
            }
        }
    }

    private int LostWithoutSync(DiskJournal journal, List<int> points, List<(string Id, long Length)> acknowledged)
    {
        using var disk = new PowerlessDisk(journal, ImagePath, syncs: false);
        var (next, lost) = (0, 0);
        foreach (var point in points.Take(PointsWithoutSync))
        {
            while (next <= point)
            {
                disk.Go(journal.Records[next++]);
            }

            using var failed = disk.Fail(new Random(point));
            var (_, stored) = Read();
            lost += acknowledged.TakeWhile(item => item.Length <= journal.Records[point].End).Count(item => !stored.Contains(item.Id));
        }

        return lost;
    }

    private (List<string> Faults, HashSet<string> Events) Read()
    {
        try
        {
            using var connection = Database.OpenUnchanged(ImagePath);
            return (connection.Column("PRAGMA integrity_check"), [.. connection.Column("SELECT event_id FROM events")]);
        }
        catch (SqliteException exception)
        {
            return ([exception.Message], []);
        }
    }
}
