namespace DataGlue.Edge.Intake;

/// <summary>What a visitor came with, coarsely: each part is none where it is not known.</summary>
/// <param name="Device"><c>desktop</c>, <c>mobile</c>, <c>tablet</c>, <c>tv</c> or <c>console</c>, or what a context calls it.</param>
/// <param name="Browser">The family, as <c>Chrome</c>.</param>
/// <param name="Os">The family, as <c>Android</c>.</param>
/// <param name="Country">Two letters of ISO 3166, in upper case.</param>
/// <param name="IsBot">Whether it is a program that nobody sits at.</param>
internal readonly record struct Client(Utf8Text Device, Utf8Text Browser, Utf8Text Os, Utf8Text Country, bool IsBot)
{
    private const int MostCharacters = 64;

    /// <summary>What a User-Agent header tells; nothing where there is none.</summary>
    public static Client Of(string? userAgent) => string.IsNullOrWhiteSpace(userAgent) ? default : new(
        UserAgent.DeviceOf(userAgent), UserAgent.BrowserOf(userAgent), UserAgent.OsOf(userAgent), default, UserAgent.IsBot(userAgent));

    /// <summary>A part as somebody names it; none where it is blank, or longer than a name.</summary>
    public static Utf8Text Part(string? text) => text?.Trim() is { Length: > 0 and <= MostCharacters } name && !name.Any(char.IsControl) ? Utf8Text.From(name) : default;

    /// <summary>A country by its two letters; none for anything else, and for what says that it is not known (<c>XX</c>, <c>ZZ</c>; <c>T1</c> of Tor).</summary>
    public static Utf8Text CountryOf(string? text) => text?.Trim().ToUpperInvariant() is { Length: 2 } code && code.All(char.IsAsciiLetterUpper) && code is not ("XX" or "ZZ")
        ? Utf8Text.From(code) : default;

    /// <summary>With what another knows, where this does not.</summary>
    public Client Or(Client other) => new(Device.Or(other.Device), Browser.Or(other.Browser), Os.Or(other.Os), Country.Or(other.Country), IsBot || other.IsBot);
}
