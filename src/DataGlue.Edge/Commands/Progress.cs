namespace DataGlue.Edge.Commands;

/// <summary>Tells on a writer of its own how far a long work is: every few seconds, and at its end.</summary>
/// <param name="output">Where.</param>
internal sealed class Progress(TextWriter output)
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(3);

    /// <summary>Begins a work, which ends when it is disposed of.</summary>
    public Work Begin(string name) => new(name, output);

    /// <summary>One work. Told by its own thread, and read by the timer's.</summary>
    internal sealed class Work : IDisposable
    {
        private readonly string name;
        private readonly TextWriter output;
        private readonly Timer timer;
        private long done;
        private long total;

        internal Work(string name, TextWriter output)
        {
            this.name = name;
            this.output = output;
            timer = new Timer(_ => Tell(), null, Interval, Interval);
        }

        /// <summary>So much of so much is done.</summary>
        public void Report(long part, long whole)
        {
            Volatile.Write(ref done, part);
            Volatile.Write(ref total, whole);
        }

        /// <summary>Tells where it has ended, if it can.</summary>
        public void Dispose()
        {
            timer.Dispose();
            if (total > 0)
            {
                Tell();
            }
        }

        private void Tell()
        {
            var (part, whole) = (Volatile.Read(ref done), Volatile.Read(ref total));
            output.WriteLine(whole == 0 ? $"{name} ..." : $"{name}: {part * 100 / whole} %");
        }
    }
}
