using System.Buffers.Binary;
using System.IO.Hashing;
using System.Security.Cryptography;

namespace DataGlue.Edge.Reports.Columns;

/// <summary>A row of one of the two logs, as far as reports ask for it. Ids and names stand as numbers that are made of them; 0 is none.</summary>
/// <param name="Row">The row id.</param>
/// <param name="Browser">Made of the browser's id, as <see cref="NameNumber"/> does.</param>
/// <param name="Time">In milliseconds since 1970.</param>
/// <param name="EventId">Decides between rows of one browser and time; null of a row from a chunk, where the order of the rows says it.</param>
/// <param name="Text">The name of an event; of a row of the identity log its kind.</param>
/// <param name="Session">Made of the session's id.</param>
/// <param name="Name">Whom the row names.</param>
/// <param name="Email">The e-mail of a row of the identity log, as the name of a person; its account likewise.</param>
internal sealed record LogRow(
    long Row, ulong Browser, long Time, string? EventId, string Text, string? Page, ulong Session, StoredTouch? Touch, ClientFacts? Client, ulong Name, ulong Email, ulong Account, bool Trusted)
{
    public static LogRow Of(ReportEventRow row) => new(
        row.Id, NameNumber.OfBrowser(row.GlueUserId), TimeOf(row.Timestamp), row.EventId, row.Name, row.Page, row.SessionId is null ? 0 : SessionNumber(row.SessionId),
        StoredTouch.Of(row.Touch, row.TouchCounts != 0), new ClientFacts(row.Device, row.Browser, row.Os, row.Country, row.Bot != 0), row.OwnName is null ? 0 : NameNumber.Of(row.OwnName), 0, 0, false);

    public static LogRow Of(ReportIdentityRow row) => new(
        row.Id, NameNumber.OfBrowser(row.GlueUserId), TimeOf(row.Timestamp), row.EventId, row.Kind, null, 0, StoredTouch.Of(row.Touch, row.TouchCounts != 0), null,
        row.Name is null ? 0 : NameNumber.Of(row.Name), row.Name is null || row.EmailKey is null ? 0 : NameNumber.Of(Model.PersonName.OfEmail(row.EmailKey)),
        row.Name is null || row.UserId is null ? 0 : NameNumber.Of(Model.PersonName.OfAccount(row.UserId)), row.Trusted != 0);

    private static long TimeOf(string timestamp) => Instants.TryParse(timestamp, out var instant) ? instant : 0;

    // Only sessions of one browser are compared.
    private static ulong SessionNumber(string id) => Math.Max(XxHash3.HashToUInt64(Encoding.UTF8.GetBytes(id)), 1);
}

/// <summary>The number that stands for a person, made of the name: so different that two people do not meet in one.</summary>
internal static class NameNumber
{
    public static ulong Of(string name)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.UTF8.GetBytes(name), hash);
        return Math.Max(BinaryPrimitives.ReadUInt64BigEndian(hash), 1);
    }

    public static ulong OfBrowser(string id) => Of(Model.PersonName.OfBrowser(id));
}

/// <summary>A touch without what only tells one click from another, so that many are equal: a click id says that it is there, a referrer its host, a landing page no query.</summary>
/// <param name="Json">As in the log.</param>
/// <param name="Landing">The landing page as reports name pages; null where it is not known, or stands in the JSON as no such page.</param>
internal readonly record struct StoredTouch(string Json, bool Counts, string? Landing)
{
    private const string ClickIdMark = "1";

    public static StoredTouch? Of(string? json, bool counts)
    {
        if (json is null)
        {
            return null;
        }

        var values = TouchReader.Values(json);
        var landing = values.TryGetValue(Intake.Touch.LandingPage, out var url) && Intake.Page.Of(url, null) is { Host.IsPresent: true, Path.IsPresent: true } page ? $"{page.Host}{page.Path}" : null;
        var kept = Intake.Touch.AllKeys.Where(key => values.ContainsKey(key) && (key != Intake.Touch.LandingPage || landing is null))
            .Select(key => Wire.Json.JsonMember.OfText(key, Reduced(key, values[key])));
        return new StoredTouch(Wire.Json.JsonMember.Object([.. kept]).ToString(), counts, landing);
    }

    private static string Reduced(string key, string value) => key == Intake.Touch.ReferrerKey ? ReferrerOf(value) : Intake.Touch.IsClickId(key) ? ClickIdMark : value;

    private static string ReferrerOf(string value)
    {
        var end = value.IndexOf("://", StringComparison.Ordinal) is > 0 and var scheme ? value.IndexOfAny(['/', '?', '#'], scheme + 3) : -1;
        return end < 0 ? value : value[..(end + (value[end] == '/' ? 1 : 0))];
    }
}
