using System.Threading.Channels;
using DataGlue.Edge.Http;
using DataGlue.Edge.Storage;

namespace DataGlue.Edge.Regions;

/// <summary>What this node has accepted and its home does not have yet: durable before it is answered, and bounded.</summary>
public sealed class Outbox(WriteQueue queue, EdgeDatabase database, OutboxReader reader, OutboxReserve reserve, EdgeOptions options)
{
    private readonly Channel<bool> signal = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly Lock gate = new();
    private readonly List<Waiter> waiters = [];
    private long incoming;
    private long depth;
    private long committed;
    private long settled;

    /// <summary>How many items wait.</summary>
    public long Depth => Interlocked.Read(ref depth);

    /// <summary>How much the database uses, in bytes, of <c>OUTBOX_MAX_MB</c>.</summary>
    public long UsedBytes => database.UsedBytes;

    /// <summary>The newest item that is durable.</summary>
    public long Committed => Interlocked.Read(ref committed);

    /// <summary>Makes items durable, all of them or none.</summary>
    /// <exception cref="StorageUnavailableException">The outbox is full, or the database takes no writes; nothing is kept.</exception>
    /// <exception cref="RequestException">400: a rule of the owner's, in the database, does not allow one of them; the others are kept.</exception>
    public async Task EnqueueAsync(IReadOnlyList<OutboxWrite> writes)
    {
        ArgumentNullException.ThrowIfNull(writes);
        long size = writes.Sum(write => write.Item.Span.Length);
        Admit(size);
        WriteResult[] results;
        try
        {
            results = await queue.SubmitAsync(writes);
        }
        finally
        {
            Interlocked.Add(ref incoming, -size);
        }

        Note(results);
        if (results.FirstOrDefault(result => result.Refusal is not null) is { } refused)
        {
            throw new RequestException(StatusCodes.Status400BadRequest, refused.Refusal!);
        }
    }

    /// <summary>Finds where an earlier run has ended, before anything new comes.</summary>
    public void Open() => committed = reader.Newest();

    /// <summary>Counts what an earlier run has left behind, which takes long where it is much.</summary>
    /// <param name="last">The newest item of that run.</param>
    public void Count(long last) => Interlocked.Add(ref depth, reader.Count(last));

    /// <summary>Removes what the home has, and puts aside what it has rejected, in one transaction.</summary>
    /// <param name="rows">The items, as they stand behind one another.</param>
    /// <param name="rejected">Those that were rejected, and why.</param>
    /// <param name="now">What time it is.</param>
    /// <exception cref="StorageUnavailableException">Nothing has changed.</exception>
    internal async Task AcknowledgeAsync(IReadOnlyList<OutboxRow> rows, IReadOnlyList<(OutboxRow Row, string Reason)> rejected, long now)
    {
        var time = Instants.Utf8(now);
        IWrite[] writes =
        [
            .. rejected.Select(item => new PutAsideWrite(item.Row.Id, Utf8Text.From(item.Reason), time)),
            new AcknowledgeWrite(rows[0].Id, rows[^1].Id),
        ];
        try
        {
            await queue.SubmitAsync(writes);
        }
        catch (StorageUnavailableException unavailable) when (unavailable.IsDiskFull)
        {
            // Not even a deletion goes through on a full disk: it is written to the log first.
            reserve.GiveUp();
            throw;
        }

        Interlocked.Add(ref depth, -rows.Count);
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
        var results = await queue.SubmitAsync(new AsideWrite(id, again));
        var count = results[0].Rows[0]![0].Number;
        if (again && count > 0)
        {
            Interlocked.Add(ref depth, count);
            Wake();
        }

        return count;
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

    private void Admit(long size)
    {
        if (!reserve.TryTake())
        {
            throw new StorageUnavailableException(
                "The disk of this edge is full; it takes writes again when its home has taken those that wait", "the disk is full");
        }

        if (UsedBytes + Interlocked.Add(ref incoming, size) > options.OutboxMaxBytes)
        {
            Interlocked.Add(ref incoming, -size);
            throw new StorageUnavailableException(
                "The outbox of this edge is full; it takes writes again when its home has taken those that wait", "the outbox is full");
        }
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

    private void Wake() => signal.Writer.TryWrite(true);

    private sealed record Waiter(long Mark, TaskCompletionSource Done);
}
