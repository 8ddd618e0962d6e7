using DataGlue.Edge.Intake;
using DataGlue.Edge.Storage;
using DataGlue.Edge.Wire.Json;

namespace DataGlue.Edge.Model;

/// <summary>A row of <c>identities</c>, the log that e-mail, traits and identification of a profile follow from.</summary>
internal sealed class IdentityWrite : LogWrite
{
    private readonly Utf8Text kind;
    private readonly long received;
    private readonly bool isClaim;
    private readonly Tombstones? erased;
    private readonly Utf8Text user;
    private readonly EventKey? erasedUntil;

    private OutcomeStatus status;
    private bool newUser;

    /// <param name="kind">One of <see cref="IdentityKind"/>.</param>
    /// <param name="isClaim">Whether whom it names it only claims to be.</param>
    /// <param name="erased">What must not come back.</param>
    private IdentityWrite(Item item, Utf8Text eventId, Utf8Text kind, bool isClaim, Tombstones? erased)
        : base("identity", item)
    {
        (this.kind, this.isClaim, this.erased, received, user) = (kind, isClaim, erased, item.Received, item.GlueUserId);
        erasedUntil = erased?.ErasedUntil(user);
        EventId = eventId;
    }

    public override Outcome Outcome => IsRefused ? Outcome.RefusedByOwner : IsTaken ? Outcome.IdTaken : new Outcome(status) { EventId = EventId, NewUser = newUser };

    // The profile of a sync was read by what was erased then: what is erased in between makes it another.
    public override bool Applies => (kind == IdentityKind.Identify || erased?.ErasedUntil(user) == erasedUntil) && Keeps(erased, Timestamp, UserId, Email, isClaim: false, isEvent: false);

    public override long Size => 3 * (Traits?.Utf8.Length ?? 0) + (Context?.Utf8.Length ?? 0) + (Touch?.Json.Span.Length ?? 0);

    private long Timestamp { get; init; } // the time at which it holds, in milliseconds since 1970
    private Utf8Text Email { get; init; } // as it was sent
    private Utf8Text UserId { get; init; } // the account
    private JsonText? Traits { get; init; }
    private JsonText? Context { get; init; } // null when empty
    private long? FirstSeen { get; init; } // from when a synced profile says that the visitor was seen
    private long? LastSeen { get; init; } // until when
    private Touch? Touch { get; init; }

    private bool NamesSomebody => Email.IsPresent || UserId.IsPresent;

    /// <summary>The row of an identification.</summary>
    public static IdentityWrite Of(Identify identify, bool isClaim, IgnoredReferrers ignored, Tombstones? erased = null) => new(identify, identify.EventId, IdentityKind.Identify, isClaim, erased)
    {
        Timestamp = identify.Timestamp,
        Email = identify.Email,
        UserId = identify.UserId,
        Traits = identify.Traits is { IsEmptyObject: false } traits ? traits : null,
        Context = identify.Context is { IsEmptyObject: false } context ? context : null,
        Touch = Touch.Of(new ContextReader(identify.Context, properties: null), ignored),
    };

    /// <summary>What the profile of a sync adds to the log: itself, where it says anything, and its touches.</summary>
    public static IEnumerable<IdentityWrite> Of(Sync sync, Profile profile, bool isClaim, IgnoredReferrers ignored, Tombstones? erased = null)
    {
        var traits = profile.AllTraits();
        var known = profile.Touches.Select(reported => (Reported: reported, Touch: Touch.Of(reported.Members, ignored))).Where(touch => touch.Touch is not null).ToList();

        // Without an id of its own a sync is known by its time and content, so that its repetition adds nothing.
        var hash = JsonText.Combine(
            JsonText.HashOf(profile.Email), JsonText.HashOf(profile.UserId), JsonMember.Hash(traits), (ulong)(profile.FirstSeen ?? -1), (ulong)(profile.LastSeen ?? -1),
            known.Aggregate(0UL, (sum, touch) => sum + touch.Reported.Hash));
        var id = sync.EventId.Or(Utf8Text.From($"sync_{sync.Timestamp}_{hash:x16}"));
        if (profile.Email.IsPresent || profile.UserId.IsPresent || traits.Count > 0 || profile.FirstSeen is not null || profile.LastSeen is not null)
        {
            yield return new IdentityWrite(sync, id, IdentityKind.Sync, isClaim, erased)
            {
                Timestamp = sync.Timestamp,
                Email = profile.Email,
                UserId = profile.UserId,
                Traits = traits.Count == 0 ? null : JsonText.Parse(JsonMember.Object(traits)),
                FirstSeen = profile.FirstSeen,
                LastSeen = profile.LastSeen,
            };
        }

        foreach (var (touch, content) in known)
        {
            var fallback = touch.IsFirst ? profile.FirstSeen : profile.LastSeen;

            // Known by its content: every later sync reports it again.
            var touchId = touch.Timestamp is null ? id : Utf8Text.From($"touch_{touch.Hash:x16}");
            yield return new IdentityWrite(sync, touchId, touch.IsFirst ? IdentityKind.FirstTouch : IdentityKind.LastTouch, isClaim, erased)
            {
                Timestamp = touch.Timestamp ?? fallback ?? sync.Timestamp,
                Touch = content,
            };
        }
    }

    /// <summary>A hash of what a row of the log says. It is stored.</summary>
    public static ulong FingerprintOf(
        Utf8Text email, Utf8Text userId, JsonText? traits, JsonText? context, Utf8Text firstSeen, Utf8Text lastSeen, Utf8Text touch) => JsonText.Combine(
            JsonText.HashOf(email), JsonText.HashOf(userId), traits?.Hash ?? 0, context?.Hash ?? 0, JsonText.HashOf(firstSeen), JsonText.HashOf(lastSeen), JsonText.HashOf(touch));

    public override void Bind(Binder values)
    {
        base.Bind(values);

        var (traits, emailKey) = (TraitText.Of(Traits), EmailKey.Of(Email));

        // Who says who he is was there; a profile by itself tells of other times.
        long? there = NamesSomebody ? Timestamp : null;
        var (firstSeen, lastSeen, touch) = (Format(FirstSeen), Format(LastSeen), Touch?.Json ?? default);
        values.Set("kind", kind);
        values.SetInstant("timestamp", Timestamp);
        values.Set("email", Email);
        values.Set("email_key", emailKey);
        values.Set("account", UserId);
        values.Set("name", isClaim ? default : PersonName.Of(UserId, emailKey));
        values.Set("claim", isClaim && NamesSomebody);
        values.Set("traits", Traits?.Text ?? default);
        values.Set("trait_values", traits.Values);
        values.Set("long_traits", traits.Long);
        values.Set("shown", traits.Shown);
        values.Set("context", Context?.Text ?? default);
        values.Set("first_seen", firstSeen);
        values.Set("last_seen", lastSeen);
        values.SetInstant("seen_from", Least(there, Least(FirstSeen, LastSeen)));
        values.SetInstant("seen_to", -Least(-there, Least(-FirstSeen, -LastSeen)));
        values.Set("touch", touch);
        values.Set("touch_counts", Touch?.Counts ?? false);
        values.Set("fingerprint", FingerprintOf(Email, UserId, Traits, Context, firstSeen, lastSeen, touch));
        values.SetInstant("received", received);
    }

    public override void Read(Row answer)
    {
        base.Read(answer);
        status = answer.Flag("known") ? OutcomeStatus.Duplicate : OutcomeStatus.Stored;
        newUser = !answer.Flag("identified");
    }

    private static long? Least(long? one, long? other) => one is null || other < one ? other ?? one : one;

    private static Utf8Text Format(long? instant) => instant is { } known ? Instants.Utf8(known) : default;
}

/// <summary>What a row of the identity log is: an identify call, the profile of a sync, or a touch that a synced profile reported.</summary>
internal static class IdentityKind
{
    public static Utf8Text Identify { get; } = Utf8Text.From("identify");
    public static Utf8Text Sync { get; } = Utf8Text.From("sync");
    public static Utf8Text FirstTouch { get; } = Utf8Text.From("first_touch");
    public static Utf8Text LastTouch { get; } = Utf8Text.From("last_touch");
}
