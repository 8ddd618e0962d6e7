using System.Threading.Channels;
using DataGlue.Edge.Http;
using DataGlue.Edge.Intake;
using DataGlue.Edge.Model;
using DataGlue.Edge.Storage;

namespace DataGlue.Edge.Edge;

/// <summary>What this node has accepted and its home does not have yet: durable, and counted.</summary>
internal sealed class Outbox(WriteQueue queue, OutboxReader reader, OutboxReserve reserve, Settings settings)
{
    // What a row takes beside its item, about; the same as in sql/read/aside_size.sql.
    private const int RowBytes = 256;

    private readonly Channel<bool> signal = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly Lock gate = new();
    private readonly List<Waiter> waiters = [];

    // Anybody can send what a home rejects, and it waits for the owner: it must not take the room of what the home takes.
    private readonly long mostAside = settings.OutboxMaxBytes / 8;
    private long inFlight;
    private long depth;
    private long sizeAside;
    private long discarded;
    private long committed;
    private long tried;

    public long Depth => Interlocked.Read(ref depth);

    /// <summary>How many requests are being read or written at this moment, which will wait as well.</summary>
    public long InFlight => Interlocked.Read(ref inFlight);

    /// <summary>How many rejected items were not kept, because those that are aside had no room for them.</summary>
    public long Discarded => Interlocked.Read(ref discarded);

    /// <summary>The newest item that is durable.</summary>
    public long Committed => Interlocked.Read(ref committed);

    /// <summary>What keeps this node itself from going on with its outbox, whatever the home does; null where nothing does.</summary>
    public string? Problem { get; set; }

    /// <summary>Runs a request, and counts it as being in flight meanwhile.</summary>
    public async Task CountInFlightAsync(HttpContext context, RequestDelegate next)
    {
        Interlocked.Increment(ref inFlight);
        try
        {
            await next(context);
        }
        finally
        {
            Interlocked.Decrement(ref inFlight);
        }
    }

    /// <summary>Makes items durable, but for those that a rule of the owner's, in the database, does not allow.</summary>
    /// <exception cref="StorageUnavailableException">The database takes no writes; nothing is kept.</exception>
    public async Task EnqueueAsync(IReadOnlyList<OutboxWrite> writes)
    {
        await queue.SubmitAsync(writes);
        var kept = writes.Where(write => !write.IsRefused).ToList();
        if (kept.Count == 0)
        {
            return;
        }

        Interlocked.Add(ref depth, kept.Count);
        lock (gate)
        {
            committed = Math.Max(committed, kept[^1].Id);
        }

        Wake();
    }

    /// <summary>Finds the newest item of an earlier run, before anything new comes.</summary>
    public long Open()
    {
        sizeAside = reader.SizeAside();
        return committed = reader.Newest();
    }

    /// <summary>Counts what an earlier run has left behind, which takes long where it is much.</summary>
    public void Count(long last) => Interlocked.Add(ref depth, reader.Count(last));

    /// <summary>Writes what lets the outbox drain. Not even a deletion goes through on a full disk: then the reserve is given up for it.</summary>
    /// <exception cref="StorageUnavailableException">Nothing has changed.</exception>
    public async Task WriteAsync(params IReadOnlyList<Write> writes)
    {
        try
        {
            await queue.SubmitAsync(writes);
        }
        catch (StorageUnavailableException unavailable) when (unavailable.IsDiskFull)
        {
            reserve.GiveUp();
            await queue.SubmitAsync(writes);
        }
    }

    /// <summary>Removes what the home has, and puts aside what it has rejected <paramref name="now"/>, in milliseconds since 1970.</summary>
    /// <returns>What the owner's own rules do not let go aside, and is still there.</returns>
    /// <exception cref="StorageUnavailableException">All of it may still be there, and may be sent again.</exception>
    public async Task<IReadOnlyList<OutboxRow>> AcknowledgeAsync(IReadOnlyList<OutboxRow> rows, IReadOnlyList<(OutboxRow Row, string Reason)> rejected, long now)
    {
        var kept = rejected.Where(item => TryKeep(SizeOf(item.Row))).ToList();
        var asides = kept.ConvertAll(item => new AsideWrite(item.Row.Id, item.Reason, Instants.Utf8(now)));
        var delete = new OutboxDelete(rows.Except(kept.Select(item => item.Row)).Select(row => row.Id));
        try
        {
            await WriteAsync([.. asides, delete]);
            Interlocked.Add(ref depth, -delete.Count - asides.Count(aside => aside.WasThere));
            if (delete.IsRefused)
            {
                throw new StorageUnavailableException("A rule of the database's owner does not let the outbox be emptied", "a rule of its owner");
            }
        }
        catch (StorageUnavailableException)
        {
            Interlocked.Exchange(ref sizeAside, reader.SizeAside());
            throw;
        }

        Interlocked.Add(ref discarded, rejected.Count - kept.Count);
        var stuck = kept.Select(item => item.Row).Where((_, index) => asides[index].IsRefused).ToList();
        Interlocked.Add(ref sizeAside, -stuck.Sum(SizeOf));
        return stuck;
    }

    /// <summary>Sends one item that is aside again, or all of them, or deletes them. Returns how many there were.</summary>
    /// <exception cref="StorageUnavailableException">Nothing has changed.</exception>
    /// <exception cref="RequestException">A rule of the database's owner does not allow it; nothing has changed.</exception>
    public async Task<long> EmptyAsideAsync(long? id, bool again)
    {
        var removal = new AsideRemoval(id, again);
        await WriteAsync(removal);
        if (removal.IsRefused)
        {
            throw new RequestException(StatusCodes.Status400BadRequest, Outcome.RefusedByOwner.Error!);
        }

        Interlocked.Exchange(ref sizeAside, reader.SizeAside());
        if (again && removal.Count > 0)
        {
            Interlocked.Add(ref depth, removal.Count);
            Wake();
        }

        return removal.Count;
    }

    /// <summary>Notes that nothing was found: where no request is in flight, nothing waits. The owner may have deleted rows by hand.</summary>
    public void NoteEmpty()
    {
        Problem = null;
        if (InFlight == 0)
        {
            Interlocked.Exchange(ref depth, 0);
        }
    }

    /// <summary>Waits until there may be something to send.</summary>
    public async Task WaitAsync(CancellationToken cancelled) => await signal.Reader.ReadAsync(cancelled);

    public void Wake() => signal.Writer.TryWrite(true);

    /// <summary>Notes that every item up to this one was tried.</summary>
    public void NoteTried(long id)
    {
        lock (gate)
        {
            tried = Math.Max(tried, id);
            foreach (var waiter in waiters.Where(waiter => waiter.Mark <= tried))
            {
                waiter.Done.TrySetResult();
            }

            waiters.RemoveAll(waiter => waiter.Done.Task.IsCompleted);
        }
    }

    /// <summary>Waits until all that is durable now was tried, or the time is over.</summary>
    public async Task WaitUntilTriedAsync(TimeSpan patience)
    {
        var waiter = new Waiter(Committed, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        lock (gate)
        {
            if (waiter.Mark <= tried)
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

    private sealed record Waiter(long Mark, TaskCompletionSource Done);
}
