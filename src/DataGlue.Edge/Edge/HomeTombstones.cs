using DataGlue.Edge.Intake;
using DataGlue.Edge.Model;
using DataGlue.Edge.Storage;
using DataGlue.Edge.Wire.Glue;

namespace DataGlue.Edge.Edge;

/// <summary>The tombstones of the home, as an edge keeps them: what is aside and was erased there goes here too, and a home that was restored from an older backup
/// gets back those that it has lost.</summary>
internal sealed class HomeTombstones(Tombstones tombstones, ServerState server, OutboxReader reader, Outbox outbox, WriteQueue queue) : IDisposable
{
    private const int PageItems = 100;
    private const int PageBytes = 1024 * 1024;

    private readonly SemaphoreSlim gate = new(1, 1);
    private (long Id, string Hash)? last;

    // Whether deleted items may still stand in the write-ahead log.
    private bool isLogToBeEmptied = true;

    // Up to which of those here the home has been given; null where it misses none. After a restart it says again that it does not know the last.
    private long? brought;

    /// <summary>The last of the home's that is here, by its id there and its hash.</summary>
    public (long Id, string Hash) Last => last ??= server.LastOfHome();

    /// <summary>What the home has lost, some at a time; null, as nearly always, where it has lost none.</summary>
    public List<TombstoneRow>? ToBring() => brought is { } until ? tombstones.After(until, RelayFormat.MaxTombstones) : null;

    /// <summary>Takes what the home has said beside its answer.</summary>
    /// <param name="bringing">What it was given with the question.</param>
    /// <exception cref="StorageUnavailableException">The next answer brings it again.</exception>
    public async Task TakeAsync(RelayTombstones? said, IReadOnlyList<TombstoneRow>? bringing)
    {
        if (said is null)
        {
            return;
        }

        await gate.WaitAsync();
        try
        {
            var isKeyNew = said.Key != tombstones.Key;
            var hasBroughtAll = bringing?.Count < RelayFormat.MaxTombstones;
            if (bringing is not null)
            {
                brought = hasBroughtAll ? null : Math.Max(brought ?? 0, bringing[^1].Id);
            }
            else if (!isKeyNew && !said.Known)
            {
                brought ??= 0;
            }

            // Of another home, or one that has lost some, what came behind the last that is here is not all: the next answer begins anew.
            var rows = isKeyNew && Last.Id > 0 ? [] : said.Rows;
            if (rows.Count > 0 || isKeyNew || hasBroughtAll)
            {
                var now = rows.Count > 0 ? (said.Last, rows[^1][0]) : (0, "");
                await outbox.WriteAsync(new TombstonesFromHome(said.Key, now, rows));
                last = now;
                tombstones.Reload();
            }

            if (rows.Count > 0)
            {
                await ForgetAsideAsync();
                isLogToBeEmptied = true;
            }
        }
        finally
        {
            gate.Release();
        }
    }

    /// <summary>Whether an item tells of somebody who was erased.</summary>
    public bool Match(ReadOnlySpan<byte> item)
    {
        var json = new Utf8JsonReader(item);
        try
        {
            while (json.Read())
            {
                if (json.TokenType == JsonTokenType.PropertyName && Subject(ref json) is { } subject && tombstones.Have(subject))
                {
                    return true;
                }
            }
        }
        catch (JsonException)
        {
            // What cannot be read tells of nobody.
        }

        return false;
    }

    /// <summary>Empties the write-ahead log, once nothing waits that may be about somebody who was erased.</summary>
    public async Task EmptyLogAsync(TimeSpan patience)
    {
        var isLast = outbox.Depth == 0;
        if (isLogToBeEmptied && await queue.EmptyLogAsync(patience) && isLast)
        {
            isLogToBeEmptied = false;
        }
    }

    public void Dispose() => gate.Dispose();

    private async Task ForgetAsideAsync()
    {
        long after = 0;
        for (var rows = reader.Aside(after, PageItems, PageBytes); rows.Count > 0; rows = reader.Aside(after, PageItems, PageBytes))
        {
            after = rows[^1].Id;
            foreach (var row in rows.Where(row => Match(row.Item)))
            {
                await outbox.EmptyAsideAsync(row.Id, again: false);
            }
        }
    }

    // Whom the member at which the reader stands names; null where it names nobody.
    private static string? Subject(ref Utf8JsonReader json)
    {
        var (isBrowser, isEmail, isAccount) = (json.ValueTextEquals("glue_user_id"u8), json.ValueTextEquals("email"u8), json.ValueTextEquals("user_id"u8));
        if (!(isBrowser || isEmail || isAccount) || !json.Read() || json.TokenType is not (JsonTokenType.String or JsonTokenType.Number))
        {
            return null;
        }

        var text = json.TokenType == JsonTokenType.String ? Wire.Json.JsonText.ReadString(ref json) : Encoding.UTF8.GetString(json.ValueSpan);
        return isBrowser ? Tombstones.SubjectOf(text) : isEmail ? PersonName.OfEmail(EmailKey.Of(Utf8Text.From(text.Trim())).ToString()) : PersonName.OfAccount(text.Trim());
    }
}
