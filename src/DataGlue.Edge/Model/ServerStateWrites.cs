using DataGlue.Edge.Storage;

namespace DataGlue.Edge.Model;

/// <summary>Changes nothing of anybody's, to learn whether the database takes a write.</summary>
internal sealed class ProbeWrite(Utf8Text now) : Write("probe")
{
    public override bool IsProbe => true;

    public override void Bind(Binder values) => values.Set("now", now);
}

/// <summary>Which database the home of this edge is.</summary>
internal sealed class HomeIdWrite(string id) : Write("home_id")
{
    public override void Bind(Binder values) => values.Set("home", Utf8Text.From(id));
}

/// <summary>The home is to be learned anew.</summary>
internal sealed class ForgetHomeWrite() : Write("home_id_delete")
{
    public override void Bind(Binder values)
    {
    }
}
