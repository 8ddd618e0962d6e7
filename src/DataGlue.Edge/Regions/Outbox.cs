using System.Threading.Channels;
using DataGlue.Edge.Storage;

namespace DataGlue.Edge.Regions;

/// <summary>What this node has accepted and its home does not have yet: durable before it is answered, and bounded.</summary>
public sealed class Outbox(WriteQueue queue, EdgeDatabase database, OutboxReader reader, OutboxReserve reserve, EdgeOptions options)
{
    private const string Full = "the outbox is full";

    private const string DiskFull = "the disk is full";

    // What a row takes beside its item, about; the same as in OutboxSql.SizeAside.
    private const int RowBytes = 256;

    private readonly Channel<bool> signal = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly Lock gate = new();
    private readonly List<Waiter> waiters = [];

    // Anybody can send what a home rejects, and it waits for the owner: it must not take the room of what the home takes.
    private readonly long mostAside = options.OutboxMaxBytes / 8;
    private long incoming;
    private long inHand;
    private long depth;
    private long sizeAside;
    private long discarded;
    private long committed;
    private long settled;

    /// <summary>How many items wait.</summary>
    public long Depth => Interlocked.Read(ref depth);

    /// <summary>How many requests are being read or written at this moment, which will wait as well.</summary>
    public long InHand => Interlocked.Read(ref inHand);

    /// <summary>How many rejected items were not kept, because those that are aside had no room for them.</summary>
    public long Discarded => Interlocked.Read(ref discarded);

    /// <summary>How much the database uses, in bytes, of <c>OUTBOX_MAX_MB</c>.</summary>
    public long UsedBytes => database.UsedBytes;

    /// <summary>The newest item that is durable.</summary>
    public long Committed => Interlocked.Read(ref committed);

    /// <summary>Why an edge does not accept an event at present, in words for the operator; null where it does, and at a home.</summary>
    public string? ReasonAgainst => options.Home is null ? null : Against(Interlocked.Read(ref incoming) + options.MaxBodyBytes);

    /// <summary>Counts a request as being in hand until it is disposed of.</summary>
    internal Hand Take() => new(this);

    /// <summary>Makes items durable, but for those that a rule of the owner's, in the database, does not allow.</summary>
    /// <returns>Of each item why it was refused, null where it was not.</returns>
    /// <exception cref="StorageUnavailableException">The outbox is full, or the database takes no writes; nothing is kept.</exception>
    public async Task<IReadOnlyList<string?>> EnqueueAsync(IReadOnlyList<OutboxWrite> writes)
    {
        ArgumentNullException.ThrowIfNull(writes);
        long size = writes.Sum(write => write.Item.Span.Length);
        var coming = Interlocked.Add(ref incoming, size);
        try
        {
            Admit(coming);
            var results = await queue.SubmitAsync(writes);
            Note(results);
            return [.. results.Select(result => result.Refusal)];
        }
        finally
        {
            Interlocked.Add(ref incoming, -size);
        }
    }

    /// <summary>Finds where an earlier run has ended, before anything new comes.</summary>
    /// <returns>The newest item of that run.</returns>
    public long Open()
    {
        database.Replaced += Wake;
        sizeAside = reader.SizeAside();
        return committed = reader.Newest();
    }

    /// <summary>Counts what an earlier run has left behind, which takes long where it is much.</summary>
    /// <param name="last">The newest item of that run.</param>
    public void Count(long last) => Interlocked.Add(ref depth, reader.Count(last));

    /// <summary>
    /// Writes what lets the outbox drain. Not even a deletion goes through on a full disk, because it is written to the log first:
    /// then the reserve is given up for it.
    /// </summary>
    /// <exception cref="StorageUnavailableException">Nothing has changed.</exception>
    internal async Task<WriteResult[]> WriteAsync(params IReadOnlyList<IWrite> writes)
    {
        try
        {
            return await queue.SubmitAsync(writes);
        }
        catch (StorageUnavailableException unavailable) when (unavailable.IsDiskFull)
        {
            reserve.GiveUp();
            return await queue.SubmitAsync(writes);
        }
    }

    /// <summary>Puts aside what the home has rejected, and then removes what the home has.</summary>
    /// <param name="rows">The items, as they stand behind one another.</param>
    /// <param name="rejected">Those that were rejected, and why.</param>
    /// <param name="now">What time it is.</param>
    /// <exception cref="StorageUnavailableException">Some of it is still there, and may be sent again.</exception>
    internal async Task AcknowledgeAsync(IReadOnlyList<OutboxRow> rows, IReadOnlyList<(OutboxRow Row, string Reason)> rejected, long now)
    {
        var kept = rejected.Where(item => TryKeep(SizeOf(item.Row))).ToList();
        await PutAsideAsync(kept, now);
        await RemoveAsync([.. rows.Except(kept.Select(item => item.Row))]);
        Interlocked.Add(ref discarded, rejected.Count - kept.Count);
        reserve.TryTake();
        Settle(rows[^1].Id);
    }

    /// <summary>Sends items that are aside again, or deletes them.</summary>
    /// <param name="id">Which one; null for all.</param>
    /// <param name="again">Whether to send them again.</param>
    /// <returns>How many there were.</returns>
    /// <exception cref="StorageUnavailableException">Nothing has changed.</exception>
    public async Task<long> EmptyAsideAsync(long? id, bool again)
    {
        var results = await WriteAsync(new AsideWrite(id, again));
        var count = results[0].Rows[0]![0].Number;
        Interlocked.Exchange(ref sizeAside, reader.SizeAside());
        if (again && count > 0)
        {
            Interlocked.Add(ref depth, count);
            Wake();
        }

        return count;
    }

    /// <summary>
    /// Notes that nothing was found: where no request is in hand, nothing waits, whatever was counted. Somebody may have changed the
    /// table by hand, or put another file in its place.
    /// </summary>
    internal void NoteEmpty()
    {
        if (InHand == 0)
        {
            Interlocked.Exchange(ref depth, 0);
        }
    }

    /// <summary>Waits until there may be something to send.</summary>
    public async Task WaitAsync(CancellationToken cancelled) => await signal.Reader.ReadAsync(cancelled);

    /// <summary>Notes that every item up to this one has had its turn.</summary>
    internal void Settle(long id)
    {
        lock (gate)
        {
            settled = Math.Max(settled, id);
            foreach (var waiter in waiters.Where(waiter => waiter.Mark <= settled))
            {
                waiter.Done.TrySetResult();
            }

            waiters.RemoveAll(waiter => waiter.Done.Task.IsCompleted);
        }
    }

    /// <summary>Waits until all that is durable now has had its turn at the home, or the time is over.</summary>
    public async Task SettledAsync(TimeSpan patience)
    {
        var waiter = new Waiter(Committed, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        lock (gate)
        {
            if (waiter.Mark <= settled)
            {
                return;
            }

            waiters.Add(waiter);
        }

        await Task.WhenAny(waiter.Done.Task, Task.Delay(patience));
        lock (gate)
        {
            waiters.Remove(waiter);
        }
    }

    private string? Against(long coming) => !reserve.TryTake() ? DiskFull : UsedBytes + coming > options.OutboxMaxBytes ? Full : null;

    private void Admit(long coming)
    {
        if (Against(coming) is { } reason)
        {
            var what = reason == Full ? "The outbox of this edge is full" : "The disk of this edge is full";
            throw new StorageUnavailableException($"{what}; it takes writes again when its home has taken those that wait", reason);
        }
    }

    private async Task PutAsideAsync(List<(OutboxRow Row, string Reason)> rejected, long now)
    {
        if (rejected.Count == 0)
        {
            return;
        }

        var time = Instants.Utf8(now);
        try
        {
            var results = await RequireAsync(
                [.. rejected.Select(item => new PutAsideWrite(item.Row.Id, new Utf8Text(item.Row.Item), Utf8Text.From(item.Reason), time))]);
            Interlocked.Add(ref depth, -results.Count(result => result.Rows[0] is not null));
        }
        catch (StorageUnavailableException)
        {
            Interlocked.Add(ref sizeAside, -rejected.Sum(item => SizeOf(item.Row)));
            throw;
        }
    }

    private async Task RemoveAsync(List<OutboxRow> rows)
    {
        if (rows is [var first, ..] && rows is [.., var last])
        {
            var results = await RequireAsync([new AcknowledgeWrite(first.Id, new Utf8Text(first.Item), last.Id, new Utf8Text(last.Item))]);
            Interlocked.Add(ref depth, -results[0].Rows[1]![0].Number);
        }
    }

    private async Task<WriteResult[]> RequireAsync(IReadOnlyList<IWrite> writes)
    {
        var results = await WriteAsync(writes);
        return results.Any(result => result.Refusal is not null)
            ? throw new StorageUnavailableException("A rule of the database's owner does not let the outbox be emptied", "a rule of its owner")
            : results;
    }

    private static long SizeOf(OutboxRow row) => row.Item.Length + RowBytes;

    private bool TryKeep(long size)
    {
        if (Interlocked.Add(ref sizeAside, size) <= mostAside)
        {
            return true;
        }

        Interlocked.Add(ref sizeAside, -size);
        return false;
    }

    private void Note(WriteResult[] results)
    {
        var ids = results.Where(result => result.Refusal is null).Select(result => result.Rows[0]![0].Number).ToArray();
        if (ids.Length == 0)
        {
            return;
        }

        Interlocked.Add(ref depth, ids.Length);
        var last = ids[^1];
        long known;
        while ((known = Committed) < last && Interlocked.CompareExchange(ref committed, last, known) != known)
        {
        }

        Wake();
    }

    internal void Wake() => signal.Writer.TryWrite(true);

    /// <summary>A request that is being read or written.</summary>
    internal readonly struct Hand : IDisposable
    {
        private readonly Outbox outbox;

        public Hand(Outbox outbox)
        {
            this.outbox = outbox;
            Interlocked.Increment(ref outbox.inHand);
        }

        public void Dispose() => Interlocked.Decrement(ref outbox.inHand);
    }

    private sealed record Waiter(long Mark, TaskCompletionSource Done);
}
