using System.Collections.Frozen;
using DataGlue.Edge.Wire.Json;

namespace DataGlue.Edge.Intake;

/// <summary>Reads what a write tells beside itself, in its context and properties: the page that it is of, where its visitor came from, and with what.</summary>
internal sealed class ContextReader
{
    // The members of context.campaign, as the SDKs of Segment name them.
    private static readonly FrozenDictionary<string, string> CampaignKeys = new Dictionary<string, string>
    {
        ["source"] = "utm_source",
        ["medium"] = "utm_medium",
        ["name"] = "utm_campaign",
        ["term"] = "utm_term",
        ["content"] = "utm_content",
    }.ToFrozenDictionary();

    private string? path;
    private string? referrer;
    private string? device;
    private string? browser;
    private string? os;
    private string? country;
    private string? userAgent;
    private bool isAutomated;

    public ContextReader(JsonText? context, JsonText? properties)
    {
        if (context is { } given)
        {
            ReadContext(given);
            Intake.Touch.TryAdd(Touch, Intake.Touch.ReferrerKey, referrer);
            Intake.Touch.TryAdd(Touch, Intake.Touch.LandingPage, Url);
        }

        if (Url is null && properties is { IsEmptyObject: false } values)
        {
            var reader = new Utf8JsonReader(values.Utf8);
            reader.Read();
            ReadPage(ref reader);
        }
    }

    /// <summary>The touch keys that the context has, with their values.</summary>
    public Dictionary<string, string> Touch { get; } = [];

    /// <summary>The URL of the page: that of the context, else that of the properties; null where there is none.</summary>
    public string? Url { get; private set; }

    /// <summary>The page as reports count it.</summary>
    public Page Page => Page.Of(Url, path);

    /// <summary>What the visitor came with: what the context says of it, else its User-Agent, else the request.</summary>
    public Client ClientOf(Client request)
    {
        var told = Client.Of(userAgent).Or(request);
        return new Client(
            Client.Part(device?.ToLowerInvariant()).Or(told.Device), Client.Part(browser).Or(told.Browser), Client.Part(os).Or(told.Os), Client.CountryOf(country).Or(told.Country),
            isAutomated || told.IsBot);
    }

    // The touch keys of the context go before those of context.campaign.
    private void ReadContext(JsonText context)
    {
        Dictionary<string, string>? campaign = null;
        var reader = new Utf8JsonReader(context.Utf8);
        reader.Read();
        Span<char> buffer = stackalloc char[JsonMembers.MaxName];
        for (var isFirst = true; JsonMembers.Next(ref reader, ref isFirst, buffer, out var length);)
        {
            switch (buffer[..length])
            {
                case "page": ReadPage(ref reader); break;
                case "campaign": ReadCampaign(ref reader, campaign ??= []); break;
                case "userAgent" or "user_agent": userAgent = JsonMembers.Scalar(ref reader); break;
                case "device": device = JsonMembers.Scalar(ref reader) ?? MemberOf(ref reader, "type"); break;
                case "os": os = JsonMembers.Scalar(ref reader) ?? MemberOf(ref reader, "name"); break;
                case "browser": browser = JsonMembers.Scalar(ref reader) ?? MemberOf(ref reader, "name"); break;
                case "country": country = JsonMembers.Scalar(ref reader); break;
                case "location": country ??= MemberOf(ref reader, "country"); break;
                case "webdriver": isAutomated = reader.TokenType == JsonTokenType.True; break;
                default:
                    if (Intake.Touch.FindKey(buffer[..length]) is { } key)
                    {
                        Intake.Touch.TryAdd(Touch, key, JsonMembers.Scalar(ref reader));
                    }

                    break;
            }
        }

        foreach (var (member, value) in campaign ?? [])
        {
            Touch.TryAdd(member, value);
        }
    }

    private static void ReadCampaign(ref Utf8JsonReader reader, Dictionary<string, string> found)
    {
        Span<char> buffer = stackalloc char[JsonMembers.MaxName];
        for (var isFirst = true; JsonMembers.Next(ref reader, ref isFirst, buffer, out var length);)
        {
            if (CampaignKeys.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(buffer[..length], out var key))
            {
                Intake.Touch.TryAdd(found, key, JsonMembers.Scalar(ref reader));
            }
        }
    }

    private void ReadPage(ref Utf8JsonReader reader)
    {
        Span<char> buffer = stackalloc char[JsonMembers.MaxName];
        for (var isFirst = true; JsonMembers.Next(ref reader, ref isFirst, buffer, out var length);)
        {
            switch (buffer[..length])
            {
                case "url": Url = TextOf(ref reader); break;
                case "path": path = TextOf(ref reader); break;
                case "referrer": referrer = TextOf(ref reader); break;
            }
        }
    }

    private static string? MemberOf(ref Utf8JsonReader reader, string wanted)
    {
        string? found = null;
        Span<char> buffer = stackalloc char[JsonMembers.MaxName];
        for (var isFirst = true; JsonMembers.Next(ref reader, ref isFirst, buffer, out var length);)
        {
            found = buffer[..length].SequenceEqual(wanted) ? JsonMembers.Scalar(ref reader) : found;
        }

        return found;
    }

    private static string? TextOf(ref Utf8JsonReader reader) =>
        reader.TokenType == JsonTokenType.String && reader.GetString()!.Trim() is { Length: > 0 } text ? text : null;
}
