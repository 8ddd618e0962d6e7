using DataGlue.Edge.Intake;
using DataGlue.Edge.Storage;
using DataGlue.Edge.Wire.Json;

namespace DataGlue.Edge.Model;

/// <summary>An event that was put in by hand gets what one of the wire has.</summary>
internal sealed class AdoptedEvent : Write
{
    private readonly EventByHand row;
    private readonly long timestamp;
    private readonly JsonText properties;
    private readonly Utf8Text name;
    private readonly Touch? touch;
    private readonly Page page;
    private readonly Client client;

    /// <exception cref="FormatException">Its time is no instant.</exception>
    /// <exception cref="JsonException">Its properties or context are no JSON.</exception>
    public AdoptedEvent(EventByHand row, IgnoredReferrers ignored)
        : base("adopted_event")
    {
        this.row = row;
        timestamp = TimeByHand.Of(row.Timestamp);
        properties = TextByHand.Object(row.Properties) ?? JsonText.EmptyObject;
        name = row.Claim != 0 ? default : PersonName.Of(Utf8Text.From(row.UserId), EmailKey.Of(Utf8Text.From(row.Email)));
        var read = new ContextReader(TextByHand.Object(row.Context), properties);
        (touch, page, client) = (Touch.Of(read, ignored), read.Page, read.ClientOf(default));
    }

    public override long Size => properties.Utf8.Length;

    public override void Bind(Binder values)
    {
        values.Set("id", row.Id);
        values.SetInstant("timestamp", timestamp);
        values.Set("properties", properties.Text);
        values.Set("name", name);
        values.Set("fingerprint", EventWrite.FingerprintOf(Utf8Text.From(row.GlueUserId), timestamp, Utf8Text.From(row.SessionId), Utf8Text.From(row.Name), properties));
        values.Set("touch", touch?.Json ?? default);
        values.Set("touch_counts", touch?.Counts ?? false);
        values.Set("host", page.Host);
        values.Set("path", page.Path);
        values.Set(client);
    }
}

/// <summary>A row of the identity log that was put in by hand gets what one of the wire has.</summary>
internal sealed class AdoptedIdentity : Write
{
    private readonly IdentityByHand row;
    private readonly long timestamp;
    private readonly JsonText? traits;
    private readonly JsonText? context;

    /// <exception cref="FormatException">Its time is no instant.</exception>
    /// <exception cref="JsonException">Its traits or context are no JSON.</exception>
    public AdoptedIdentity(IdentityByHand row)
        : base("adopted_identity")
    {
        this.row = row;
        timestamp = TimeByHand.Of(row.Timestamp);
        (traits, context) = (TextByHand.Object(row.Traits), row.Context is null ? null : JsonText.Parse(Utf8Text.From(row.Context)));
    }

    public override long Size => 3 * (traits?.Utf8.Length ?? 0);

    public override void Bind(Binder values)
    {
        var (email, account) = (Utf8Text.From(row.Email), Utf8Text.From(row.UserId));
        var (key, text) = (EmailKey.Of(email), TraitText.Of(traits));
        values.Set("id", row.Id);
        values.SetInstant("timestamp", timestamp);
        values.Set("email_key", key);
        values.Set("name", row.Claim != 0 ? default : PersonName.Of(account, key));
        values.Set("traits", traits?.Text ?? default);
        values.Set("trait_values", text.Values);
        values.Set("long_traits", text.Long);
        values.Set("fingerprint", IdentityWrite.FingerprintOf(
            email, account, traits, context, Utf8Text.From(row.FirstSeen), Utf8Text.From(row.LastSeen), Utf8Text.From(row.Touch)));
    }
}

/// <summary>The profile of a visitor of whom rows by hand were adopted.</summary>
/// <param name="id">The row of the profile, if that was put in by hand; else null: one that was stays as it is.</param>
/// <param name="now">In milliseconds since 1970.</param>
internal sealed class AdoptedProfile(string user, long? id, long now) : Write("adopted_profile")
{
    private const long NoRow = 0;

    public override void Bind(Binder values)
    {
        values.Set("user", Utf8Text.From(user));
        values.Set("id", id ?? NoRow);
        values.SetInstant("received", now);
    }
}

/// <summary>A time in a row that was put in by hand.</summary>
internal static class TimeByHand
{
    /// <exception cref="FormatException">It is no instant.</exception>
    public static long Of(string text) => Instants.TryParse(text, out var instant) ? instant : throw new FormatException($"'{text}' is no instant");
}
