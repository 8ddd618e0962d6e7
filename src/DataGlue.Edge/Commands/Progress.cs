namespace DataGlue.Edge.Commands;

/// <summary>Prints the progress of a long step on standard error: every few seconds, and at its end where it is known.</summary>
internal sealed class Progress : IDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(3);

    private readonly string name;
    private readonly Timer timer;

    // Written by the thread of the step, read by the timer's.
    private long done;
    private long total;

    public Progress(string name)
    {
        this.name = name;
        timer = new Timer(_ => Print(), null, Interval, Interval);
    }

    public void Report(long part, long whole)
    {
        Volatile.Write(ref done, part);
        Volatile.Write(ref total, whole);
    }

    public void Dispose()
    {
        timer.Dispose();
        if (total > 0)
        {
            Print();
        }
    }

    private void Print()
    {
        var (part, whole) = (Volatile.Read(ref done), Volatile.Read(ref total));
        StandardStreams.Tell(whole == 0 ? $"{name} ..." : $"{name}: {part * 100 / whole} %");
    }
}
