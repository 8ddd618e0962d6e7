using DataGlue.Edge.Storage;

namespace DataGlue.Edge.Model;

/// <summary>An item that an edge keeps for its home.</summary>
internal sealed class OutboxWrite(Utf8Text item, Utf8Text received) : Write("outbox")
{
    public long Id { get; private set; } // the id that it has got
    public override long Size => item.Span.Length;

    public override void Bind(Binder values)
    {
        values.Set("item", item);
        values.Set("received", received);
    }

    public override void Read(Row answer) => Id = answer.Number("id");
}

/// <summary>The home has these items.</summary>
internal sealed class OutboxDelete(IEnumerable<long> ids) : Write("outbox_delete")
{
    private readonly Utf8Text list = Utf8Text.From($"[{string.Join(',', ids)}]");

    public long Count { get; private set; } // how many were there

    public override void Bind(Binder values) => values.Set("ids", list);

    public override void Read(Row answer) => Count = answer.Number("count");
}

/// <summary>The home has failed on these items: each is tried again, alone, at its own time.</summary>
internal sealed class OutboxPostpone(IEnumerable<long> ids, Utf8Text nextTry) : Write("outbox_postpone")
{
    private readonly Utf8Text list = Utf8Text.From($"[{string.Join(',', ids)}]");

    public override void Bind(Binder values)
    {
        values.Set("ids", list);
        values.Set("next_try", nextTry);
    }
}

/// <summary>The home has rejected an item, which waits for its owner.</summary>
internal sealed class AsideWrite(long id, string reason, Utf8Text now) : Write("outbox_aside")
{
    public bool WasThere { get; private set; } // whether it was there

    public override void Bind(Binder values)
    {
        values.Set("id", id);
        values.Set("reason", Utf8Text.From(reason));
        values.Set("now", now);
    }

    public override void Read(Row answer) => WasThere = answer.Flag("id");
}

/// <summary>One item that is aside, or all of them, is sent <paramref name="again"/>, or deleted.</summary>
internal sealed class AsideRemoval(long? id, bool again) : Write(again ? "outbox_aside_retry" : "outbox_aside_delete")
{
    public long Count { get; private set; } // how many there were

    public override void Bind(Binder values)
    {
        if (id is { } one)
        {
            values.Set("id", one);
        }
        else
        {
            values.Set("id", default(Utf8Text));
        }
    }

    public override void Read(Row answer) => Count = answer.Number("count");
}
