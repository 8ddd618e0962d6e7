using DataGlue.Edge.Intake;
using DataGlue.Edge.Storage;
using DataGlue.Edge.Wire.Json;

namespace DataGlue.Edge.Model;

/// <summary>A row of <c>identities</c>, the log that e-mail, traits and identification of a profile follow from.</summary>
/// <param name="kind">One of <see cref="IdentityKind"/>.</param>
internal sealed class IdentityWrite(Utf8Text kind) : Write("identity", hasShortcut: kind == IdentityKind.Identify || kind == IdentityKind.Sync)
{
    private Utf8Text emailKey;
    private OutcomeStatus status;
    private bool newUser;

    public required Utf8Text GlueUserId { get; init; }
    public required Utf8Text EventId { get; init; }
    public required Utf8Text Timestamp { get; init; } // the time at which it holds

    /// <summary>The e-mail, as it was sent.</summary>
    public Utf8Text Email
    {
        get;
        init
        {
            field = value;
            emailKey = Utf8Text.From(value.Decode()?.ToLowerInvariant());
        }
    }

    public Utf8Text Traits { get; init; } // a JSON merge patch
    public Utf8Text Context { get; init; } // a JSON object, none when empty
    public Utf8Text FirstSeen { get; init; } // the earliest time at which this says that the visitor was seen
    public Utf8Text LastSeen { get; init; } // the latest such time

    public Touch? Touch { get; init; }
    public ulong Fingerprint { get; init; } // a hash of the content

    public required Utf8Text Received { get; init; }

    public Outcome Outcome => IsRefused ? Outcome.RefusedByOwner : status switch
    {
        OutcomeStatus.Rejected => Outcome.IdTaken,
        _ => new Outcome(status) { EventId = EventId, NewUser = newUser },
    };

    /// <summary>The row of an identification.</summary>
    public static IdentityWrite Of(Identify identify, IgnoredReferrers ignored)
    {
        var time = Instants.Utf8(identify.Timestamp);
        return new IdentityWrite(IdentityKind.Identify)
        {
            GlueUserId = identify.GlueUserId,
            EventId = identify.EventId,
            Timestamp = time,
            Email = identify.Email,
            Traits = identify.Traits?.Text ?? default,
            Context = identify.Context is { IsEmptyObject: false } context ? context.Text : default,
            FirstSeen = time,
            LastSeen = time,
            Touch = Touch.Of(identify.Context, properties: null, ignored),
            Fingerprint = JsonText.Combine(JsonText.HashOf(identify.Email), identify.Traits?.Hash ?? 0, identify.Context?.Hash ?? 0),
            Received = Instants.Utf8(identify.Received),
        };
    }

    /// <summary>What the profile of a sync adds to the log: itself, where it says anything, and its touches.</summary>
    public static IEnumerable<IdentityWrite> Of(Sync sync, Profile profile, IgnoredReferrers ignored)
    {
        var traits = profile.AllTraits();
        var known = profile.Touches.Select(reported => (Reported: reported, Touch: Touch.Of(reported.Members, ignored))).Where(touch => touch.Touch is not null).ToList();
        var hash = JsonText.Combine(
            JsonText.HashOf(profile.Email), JsonMember.Hash(traits), (ulong)(profile.FirstSeen ?? -1), (ulong)(profile.LastSeen ?? -1),
            known.Aggregate(0UL, (sum, touch) => sum + touch.Reported.Hash));

        // Without an id of its own a sync is known by its time and content, so that its repetition adds nothing.
        var id = sync.EventId.Or(Utf8Text.From($"sync_{sync.Timestamp}_{hash:x16}"));
        var received = Instants.Utf8(sync.Received);
        if (profile.Email.IsPresent || traits.Count > 0 || profile.FirstSeen is not null || profile.LastSeen is not null)
        {
            // Only an identification is a visit; a sync by itself is none.
            long?[] seen = [profile.FirstSeen, profile.LastSeen, profile.Email.IsPresent ? sync.Timestamp : null];
            yield return new IdentityWrite(IdentityKind.Sync)
            {
                GlueUserId = sync.GlueUserId,
                EventId = id,
                Timestamp = Instants.Utf8(sync.Timestamp),
                Email = profile.Email,
                Traits = traits.Count == 0 ? default : JsonMember.Object(traits),
                FirstSeen = Format(seen.Min()),
                LastSeen = Format(seen.Max()),
                Fingerprint = hash,
                Received = received,
            };
        }

        foreach (var (touch, content) in known)
        {
            var fallback = touch.IsFirst ? profile.FirstSeen : profile.LastSeen;
            yield return new IdentityWrite(touch.IsFirst ? IdentityKind.FirstTouch : IdentityKind.LastTouch)
            {
                GlueUserId = sync.GlueUserId,

                // Known by its content: every later sync reports it again.
                EventId = touch.Timestamp is null ? id : Utf8Text.From($"touch_{touch.Hash:x16}"),
                Timestamp = Instants.Utf8(touch.Timestamp ?? fallback ?? sync.Timestamp),
                Touch = content,
                Fingerprint = touch.Hash,
                Received = received,
            };
        }
    }

    public override void Bind(Binder values)
    {
        values.Set("user", GlueUserId);
        values.Set("event_id", EventId);
        values.Set("kind", kind);
        values.Set("timestamp", Timestamp);
        values.Set("email", Email);
        values.Set("email_key", emailKey);
        values.Set("traits", Traits);
        values.Set("context", Context);
        values.Set("first_seen", FirstSeen);
        values.Set("last_seen", LastSeen);
        values.Set("touch", Touch?.Json ?? default);
        values.Set("touch_counts", Touch?.Counts ?? false);
        values.Set("fingerprint", Fingerprint);
        values.Set("received", Received);
    }

    public override void Read(Row answer)
    {
        status = answer.Flag("stolen") ? OutcomeStatus.Rejected : answer.Flag("known") ? OutcomeStatus.Duplicate : OutcomeStatus.Stored;
        newUser = !answer.Flag("identified");
    }

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
