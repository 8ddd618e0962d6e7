namespace DataGlue.Edge.Intake;

/// <summary>Who said something: stored with every row of both logs.</summary>
/// <param name="Trusted">Whether it came with a secret key. An identification with a valid signature is trusted too, which the home decides.</param>
/// <param name="Source"><c>page</c>, <c>server</c> or <c>import:NAME</c>, with <c>@REGION</c> behind it where an edge with a region has taken it.</param>
internal readonly record struct Provenance(bool Trusted, Utf8Text Source)
{
    /// <summary>What the request of a page tells of its visitor's machine; of what came with a secret key it would be the owner's.</summary>
    public Client Client { get; init; }

    /// <summary>From a page, without a secret key.</summary>
    public static Provenance Page { get; } = new(false, Utf8Text.From("page"));

    /// <summary>From the owner's server, with a secret key.</summary>
    public static Provenance Server { get; } = new(true, Utf8Text.From("server"));
}
