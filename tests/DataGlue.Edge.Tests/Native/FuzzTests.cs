using System.Diagnostics;
using System.Globalization;
using DataGlue.Edge.Tests.Fuzz;
using DataGlue.Edge.Tests.Support;

namespace DataGlue.Edge.Tests.Native;

/// <summary>
/// Requests made of valid ones by chance, over raw sockets, to every endpoint. <c>FUZZ_REQUESTS</c> says how many, <c>FUZZ_SEED</c> from which
/// number they follow: the same two give the same requests again.
/// </summary>
[Collection(nameof(NativeTests))]
public sealed class FuzzTests(NativeBinary binary, ITestOutputHelper output) : IDisposable
{
    private const int Clients = 12;

    private const int DefaultRequests = 40_000;

    private const int Tenths = 10;

    // In the first half, the pools of buffers and the caches of SQLite fill; what grows in the second half as well has no bound.
    private const long AllowedGrowth = 24 * 1024 * 1024;

    // Else the mutations would hardly come past the validation.
    private const double LeastServed = 0.15;

    private readonly TempFolder folder = new();
    private readonly int requests = (int)Setting("FUZZ_REQUESTS", DefaultRequests);
    private readonly ulong seed = Setting("FUZZ_SEED", (ulong)Random.Shared.NextInt64());

    [Fact]
    public async Task No_request_breaks_the_server_or_loses_what_its_neighbours_store()
    {
        NativeBinary.SkipWithout();
        using var server = await ServerProcess.StartAsync(binary, folder.Path);
        var run = new FuzzRun(seed, requests, server.Port, folder.Path);
        var clients = Enumerable.Range(0, Clients).Select(number => new FuzzWorker(run, number)).ToArray();
        var started = Stopwatch.StartNew();

        var resident = new long[Tenths];
        for (var tenth = 0; tenth < Tenths; tenth++)
        {
            await SendAsync(clients, requests / Tenths);
            resident[tenth] = server.HasEnded ? 0 : server.Memory("VmRSS");
        }

        var served = Report(clients, started.Elapsed, resident);
        Require(!server.HasEnded, $"the process has ended\n{string.Join('\n', server.Errors.Concat(server.Log).TakeLast(20))}\n{run.Fault}");
        Require(run.Fault is null, run.Fault ?? "");
        Require(resident[^1] - resident[..(Tenths / 2)].Max() <= AllowedGrowth, "it has grown in the second half by more than it may");
        Require(served >= LeastServed, "so few requests were answered with 200 that the fuzz sees little of the server");
        Require(await server.TerminateAsync() == 0, "it did not end well");
        Require(!server.Log.Any(IsError), "errors in its log: " + string.Join('\n', server.Log.Where(IsError).Take(5)));
        Require(server.Errors.Count == 0, "words on standard error: " + string.Join('\n', server.Errors.Take(20)));
        CheckDatabase(clients);
    }

    public void Dispose() => folder.Dispose();

    // Each client has a thread, since it waits in its socket.
    private static Task SendAsync(FuzzWorker[] clients, int count) => Task.WhenAll(clients.Select(client => Task.Factory.StartNew(
        () => client.Send(Math.Max(1, count / Clients)), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default)));

    private double Report(FuzzWorker[] clients, TimeSpan time, long[] resident)
    {
        var tally = new FuzzTally();
        foreach (var client in clients)
        {
            tally.Add(client.Tally);
            client.Dispose();
        }

        output.WriteLine(
            $"FUZZ_SEED={seed} FUZZ_REQUESTS={requests}: {tally.Requests} requests in {time.TotalSeconds:0.0} s, "
            + $"{tally.Requests / time.TotalSeconds:0} a second; "
            + $"resident after each tenth, in KiB: {string.Join(", ", resident.Select(bytes => bytes >> 10))}; "
            + $"{clients.Sum(client => client.Acknowledged.Count)} known good writes acknowledged");
        output.WriteLine(tally.ToString());
        return (double)tally.Served / tally.Requests;
    }

    private void CheckDatabase(FuzzWorker[] clients)
    {
        var database = new DatabaseFile(folder.File("data/dataglue.db"));
        Require(database.Query("PRAGMA integrity_check") is ["ok"], "the database is damaged");
        var stored = database.Query("SELECT event_id || ' ' || glue_user_id FROM events WHERE event_id LIKE 'good-%'").ToHashSet();
        var acknowledged = clients.SelectMany(client => client.Acknowledged).Select(good => $"{good.EventId} {good.User}");
        var lost = acknowledged.Where(good => !stored.Contains(good)).ToArray();
        Require(lost.Length == 0, $"{lost.Length} known good writes were acknowledged and lost: {string.Join(", ", lost.Take(10))}");
    }

    private void Require(bool holds, string fault) => Assert.True(holds, holds ? "" : $"FUZZ_SEED={seed} FUZZ_REQUESTS={requests}: {fault}");

    private static bool IsError(string line) =>
        line.Contains("\"LogLevel\":\"Error\"", StringComparison.Ordinal) || line.Contains("\"LogLevel\":\"Critical\"", StringComparison.Ordinal);

    private static ulong Setting(string name, ulong otherwise) =>
        ulong.TryParse(Environment.GetEnvironmentVariable(name), NumberStyles.None, CultureInfo.InvariantCulture, out var value) ? value : otherwise;
}
