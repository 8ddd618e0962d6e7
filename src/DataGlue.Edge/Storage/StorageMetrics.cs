using System.Diagnostics.Metrics;

namespace DataGlue.Edge.Storage;

/// <summary>What an operator measures of the writer and its file.</summary>
internal sealed class StorageMetrics
{
    private static readonly InstrumentAdvice<double> Seconds = new()
    {
        HistogramBucketBoundaries = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    };

    private static readonly InstrumentAdvice<int> Writes = new() { HistogramBucketBoundaries = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1_024, 2_048, 4_096] };

    private readonly Meter meter;
    private readonly Histogram<double> duration;
    private readonly Histogram<int> size;
    private readonly Counter<long> failures;
    private readonly Counter<long> steps;
    private readonly Histogram<double> checkpoints;
    private readonly Counter<long> failedCheckpoints;

    public StorageMetrics(IMeterFactory meters, Database database, Settings settings)
    {
        meter = meters.Create(Startup.Meter);
        duration = meter.CreateHistogram("dataglue.commit.duration", "s", "Time that a commit took, its statements and its fsync", advice: Seconds);
        size = meter.CreateHistogram("dataglue.commit.writes", "{write}", "Writes that shared one commit", advice: Writes);
        failures = meter.CreateCounter<long>("dataglue.commit.failures", "{commit}", "Commits that the database did not take");
        steps = meter.CreateCounter<long>("dataglue.commit.steps", "{step}", "Steps of the database's virtual machine that writes took");
        checkpoints = meter.CreateHistogram("dataglue.checkpoint.duration", "s", "Time that it took to move the write-ahead log into the database file", advice: Seconds);
        failedCheckpoints = meter.CreateCounter<long>("dataglue.checkpoint.failures", "{checkpoint}", "Checkpoints that failed, or were held up by a reader");
        meter.CreateObservableGauge("dataglue.database.size", () => Length(settings.DatabasePath), "By", "The database file");
        meter.CreateObservableGauge("dataglue.database.used", () => database.UsedBytes, "By", "What is used of the database file: the pages that are not free");
        meter.CreateObservableGauge("dataglue.database.wal.size", () => Length(settings.DatabasePath + "-wal"), "By", "The write-ahead log beside the database file");
    }

    internal void Observe(Func<int> depth, Func<long> bytes)
    {
        meter.CreateObservableGauge("dataglue.queue.requests", depth, "{request}", "Requests whose writes wait for a commit");
        meter.CreateObservableGauge("dataglue.queue.size", bytes, "By", "Memory that waiting writes hold, about");
    }

    internal void Committed(int writes, long steps, TimeSpan elapsed)
    {
        duration.Record(elapsed.TotalSeconds);
        size.Record(writes);
        this.steps.Add(steps);
    }

    internal void Failed() => failures.Add(1);

    internal void CheckpointEnded(TimeSpan elapsed) => checkpoints.Record(elapsed.TotalSeconds);

    internal void CheckpointFailed() => failedCheckpoints.Add(1);

    private static long Length(string path)
    {
        var file = new FileInfo(path);
        return file.Exists ? file.Length : 0;
    }
}
