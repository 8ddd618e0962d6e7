using DataGlue.Edge.Storage;

namespace DataGlue.Edge.Model;

/// <summary>Something is to be erased: from the commit of this on, nothing of it comes back.</summary>
/// <param name="kind"><c>browser</c>, <c>email</c> or <c>account</c>.</param>
/// <param name="key">Which key the owner showed, as the first digits of its hash; null where none was needed.</param>
/// <param name="now">In milliseconds since 1970.</param>
/// <param name="take">Takes them once they are durable.</param>
internal sealed class TombstonesWrite(IReadOnlyList<Tombstone> tombstones, string kind, string? key, long now, Action<IReadOnlyList<Tombstone>> take) : Write("tombstones")
{
    public override void Bind(Binder values)
    {
        values.Set("tombstones", Utf8Text.From(Tombstone.ToJson(tombstones.Select(tombstone => tombstone.ToList()))));
        values.Set("kind", Utf8Text.From(kind));
        values.Set("key", Utf8Text.From(key));
        values.SetInstant("now", now);
    }

    public override void Committed() => take(tombstones);
}

/// <summary>Tombstones that another database has brought.</summary>
/// <param name="applied">Whether there is nothing to erase here, as at an edge.</param>
/// <param name="take">Takes them once they are durable.</param>
internal sealed class TombstonesTaken(IReadOnlyList<List<string>> tombstones, bool applied, Action? take = null) : Write("tombstones_taken")
{
    public override void Committed() => take?.Invoke();

    public override void Bind(Binder values)
    {
        values.Set("tombstones", Utf8Text.From(Tombstone.ToJson(tombstones)));
        values.Set("applied", applied);
    }
}

/// <summary>Tombstones of the home, their key, and up to which an edge has them with these.</summary>
/// <param name="last">The last of them by its id at the home and its hash.</param>
internal sealed class TombstonesFromHome(string key, (long Id, string Hash) last, IReadOnlyList<List<string>> tombstones) : Write("tombstones_from_home")
{
    public override void Bind(Binder values)
    {
        values.Set("tombstones", Utf8Text.From(Tombstone.ToJson(tombstones)));
        values.Set("key", Utf8Text.From(key));
        values.Set("after", Utf8Text.From(last.Id.ToString(CultureInfo.InvariantCulture)));
        values.Set("last", Utf8Text.From(last.Hash));
    }
}

/// <summary>Events or sessions are erased.</summary>
/// <param name="table"><c>events</c> or <c>sessions</c>.</param>
internal sealed class RowsErasure(string table, IEnumerable<long> ids) : Write("erase_" + table)
{
    private readonly Utf8Text list = Utf8Text.From($"[{string.Join(',', ids)}]");

    public long Count { get; private set; }

    /// <summary>How many sessions went with events.</summary>
    public long Sessions { get; private set; }

    public override void Bind(Binder values) => values.Set("ids", list);

    public override void Read(Row answer) => (Count, Sessions) = (answer.Number("count"), answer.Number("sessions"));
}

/// <summary>Events of others lose an e-mail that is erased.</summary>
internal sealed class EventEmailErasure(IEnumerable<long> ids) : Write("erase_emails_of_events")
{
    private readonly Utf8Text list = Utf8Text.From($"[{string.Join(',', ids)}]");

    public long Count { get; private set; }

    public override void Bind(Binder values) => values.Set("ids", list);

    public override void Read(Row answer) => Count = answer.Number("count");
}

/// <summary>An identification of somebody else loses an e-mail that is erased.</summary>
internal sealed class EmailErasure(long id, ulong fingerprint) : Write("erase_email")
{
    public long Count { get; private set; }

    public override void Bind(Binder values)
    {
        values.Set("id", id);
        values.Set("fingerprint", fingerprint);
    }

    public override void Read(Row answer) => Count = answer.Number("count");
}

/// <summary>A row of the identity log is erased.</summary>
internal sealed class IdentityErasure(long id) : Write("erase_identity")
{
    public long Count { get; private set; }

    public override void Bind(Binder values) => values.Set("id", id);

    public override void Read(Row answer) => Count = answer.Number("count");
}

/// <summary>The profile of a browser of which something was erased is made anew, or erased too.</summary>
/// <param name="whole">Whether all of the browser was erased.</param>
/// <param name="now">In milliseconds since 1970.</param>
internal sealed class ProfileErasure(string user, bool whole, long now) : Write("erase_profile")
{
    public long Count { get; private set; }

    public override void Bind(Binder values)
    {
        values.Set("user", Utf8Text.From(user));
        values.Set("whole", whole);
        values.SetInstant("now", now);
    }

    public override void Read(Row answer) => Count = answer.Number("count");
}

/// <summary>All that tombstones speak of is gone.</summary>
/// <param name="counts">How many rows of each table that was.</param>
internal sealed class ErasureEnd(IEnumerable<long> ids, IReadOnlyDictionary<string, long> counts) : Write("erased")
{
    private readonly Utf8Text list = Utf8Text.From($"[{string.Join(',', ids)}]");
    private readonly Utf8Text json = Utf8Text.From($"{{{string.Join(',', counts.Select(count => $"\"{count.Key}\":{count.Value}"))}}}");

    public override void Bind(Binder values)
    {
        values.Set("ids", list);
        values.Set("counts", json);
    }
}
