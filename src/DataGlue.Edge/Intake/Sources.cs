using System.Buffers;
using DataGlue.Edge.Http;
using DataGlue.Edge.Security;

namespace DataGlue.Edge.Intake;

/// <summary>Who says what a request brings: what its key has proved, and what the holder of a secret key names as the source.</summary>
internal sealed class Sources(Settings settings, Clients clients)
{
    /// <summary>With a secret key: <c>import:NAME</c>, where the data comes from. Without one it says nothing.</summary>
    public const string Header = "x-glue-source";

    private const string Import = "import:";
    private const int MaxName = 40;

    private static readonly SearchValues<char> NameCharacters = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789._-");

    private readonly Provenance page = At(Provenance.Page, settings);
    private readonly Provenance server = At(Provenance.Server, settings);

    /// <exception cref="RequestException">400: the source is none that a caller may name.</exception>
    public Provenance Of(HttpContext context)
    {
        if (context.KeyProof() != KeyProof.Secret)
        {
            return page with { Client = clients.Of(context) };
        }

        if (!context.Request.Headers.TryGetValue(Header, out var values))
        {
            return server;
        }

        return values.Count == 1 && IsImport(values.ToString())
            ? At(Provenance.Server with { Source = Utf8Text.From(values.ToString()) }, settings)
            : throw new RequestException(StatusCodes.Status400BadRequest, $"{Header} must be {Import}NAME, where NAME has 1 to {MaxName} of the characters a-z 0-9 . _ -");
    }

    private static bool IsImport(string text) => text.StartsWith(Import, StringComparison.Ordinal)
        && text.Length - Import.Length is >= 1 and <= MaxName && !text.AsSpan(Import.Length).ContainsAnyExcept(NameCharacters);

    // Of an edge the source says where it stands.
    private static Provenance At(Provenance provenance, Settings settings) =>
        settings.Region is { } region ? provenance with { Source = Utf8Text.From($"{provenance.Source}@{region}") } : provenance;
}
