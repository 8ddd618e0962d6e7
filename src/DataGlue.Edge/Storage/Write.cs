namespace DataGlue.Edge.Storage;

/// <summary>One write: it names its script, binds its values, and reads the answer. It is timed and named already, so that it may run again, or twice.</summary>
/// <param name="script">A file of sql/write: statements that run in order, as one atomic unit, over one set of named values. No C# decides between two.</param>
/// <param name="hasShortcuts">Whether the file of this name with _common does the common case in few statements, of which the first breaks a constraint or adds
/// nothing in every other, and the one with _known answers where there is nothing to do. Else the script runs.</param>
internal abstract class Write(string script, bool hasShortcuts = false)
{
    public string Script => script;
    public bool HasShortcuts => hasShortcuts;

    /// <summary>Whether a rule of the database's owner (a trigger, a constraint) did not allow it; holds once the commit is through.</summary>
    public bool IsRefused { get; internal set; }

    /// <summary>Whether it only asks whether the database takes a write.</summary>
    public virtual bool IsProbe => false;

    /// <summary>Whether it is still wanted when its turn comes; else nothing is run. Asked on the writer's thread, in the order of the writes.</summary>
    public virtual bool Applies => true;

    /// <summary>About how much text its values are, in bytes.</summary>
    public virtual long Size => 0;

    /// <summary>Gives every value that the script names.</summary>
    public abstract void Bind(Binder values);

    /// <summary>Reads the answer of the script. The last call before the commit counts.</summary>
    public virtual void Read(Row answer)
    {
    }

    /// <summary>It is durable. Called on the writer's thread, before any write of a later transaction has its turn.</summary>
    public virtual void Committed()
    {
    }
}

/// <summary>Takes the values of a write, each under the name that it has in the SQL, without its sign.</summary>
internal abstract class Binder
{
    /// <summary>Binds a text, or NULL where there is none.</summary>
    public void Set(string name, Utf8Text value)
    {
        if (value.IsPresent)
        {
            SetText(name, value.Span);
        }
        else
        {
            SetNull(name);
        }
    }

    /// <summary>Binds an instant in milliseconds since 1970 as text, or NULL where there is none.</summary>
    public void SetInstant(string name, long? instant)
    {
        if (instant is { } known)
        {
            SetText(name, Instants.Write(known, stackalloc byte[Instants.MaxLength]));
        }
        else
        {
            SetNull(name);
        }
    }

    public abstract void Set(string name, long value);

    public void Set(string name, bool value) => Set(name, value ? 1L : 0L);

    /// <summary>Binds a 64-bit hash; the database knows signed numbers only.</summary>
    public void Set(string name, ulong value) => Set(name, unchecked((long)value));

    /// <param name="name">The name of the value.</param>
    /// <param name="value">Text in UTF-8; a copy is taken.</param>
    protected abstract void SetText(string name, ReadOnlySpan<byte> value);

    protected abstract void SetNull(string name);
}

/// <summary>What a script has answered: the columns of every row that its statements returned, by name.</summary>
internal sealed class Row
{
    private readonly List<(string Name, long Number, string? Text)> columns = [];

    /// <summary>The number of a column; 0 where no row had it.</summary>
    public long Number(string name) => Find(name).Number;

    public bool Flag(string name) => Number(name) != 0;

    /// <summary>The text of a column; none where no row had it, and for NULL.</summary>
    public Utf8Text Text(string name) => Utf8Text.From(Find(name).Text);

    internal void Add(string name, long number, string? text) => columns.Add((name, number, text));

    internal void Clear() => columns.Clear();

    // Asked several times for each write, and a predicate would be an object each time.
    private (string Name, long Number, string? Text) Find(string name)
    {
        foreach (var column in columns)
        {
            if (column.Name == name)
            {
                return column;
            }
        }

        return default;
    }
}
