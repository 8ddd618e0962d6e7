using System.Security.Cryptography;

namespace DataGlue.Edge.Intake;

/// <summary>Decides who is believed to be whom he says: who has a secret key, or the signature of the site's back end. The home alone decides, once, and the
/// decision is stored. An edge that knows the secret refuses a wrong signature, as its home would.</summary>
internal sealed class IdentityProof(Settings settings)
{
    private readonly byte[]? secret = settings.IdentitySecret is { } text ? Encoding.UTF8.GetBytes(text) : null;

    private static Outcome WrongSignature { get; } = Outcome.Rejected(
        StatusCodes.Status400BadRequest,
        "signature is wrong; it must be the HMAC-SHA256, in lower-case hex, of the user_id, or of the email, or with both of user_id, a line feed and email, under IDENTITY_SECRET");

    /// <summary>The identification, trusted where its signature is right; refused where that is wrong. Without a secret no signature says anything.</summary>
    public (Identify Identify, Outcome? Refusal) Check(Identify identify)
    {
        if (secret is null || !identify.Signature.IsPresent)
        {
            return (identify, null);
        }

        Span<byte> hash = stackalloc byte[HMACSHA256.HashSizeInBytes];
        HMACSHA256.HashData(secret, Encoding.UTF8.GetBytes(Signed(identify)), hash);
        var expected = Encoding.ASCII.GetBytes(Convert.ToHexStringLower(hash));
        return CryptographicOperations.FixedTimeEquals(expected, identify.Signature.Span)
            ? (identify with { Provenance = identify.Provenance with { Trusted = true } }, null)
            : (identify, WrongSignature);
    }

    /// <summary>Whether whom it names it only claims: kept and shown, but joined to nobody.</summary>
    public bool IsClaim(Item item) => settings.RequireSignedIdentity && !item.Provenance.Trusted;

    private static string Signed(Identify identify) =>
        string.Join('\n', new[] { identify.UserId, identify.Email }.Where(name => name.IsPresent).Select(name => name.ToString().Trim()));
}
