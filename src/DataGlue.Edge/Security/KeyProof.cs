using Microsoft.Extensions.Primitives;

namespace DataGlue.Edge.Security;

/// <summary>What the key of a request proves.</summary>
internal enum KeyProof
{
    Absent, // none was sent, or the server has none
    Wrong,
    Write, // a public key: it opens the four posts, and proves nothing about who sends it
    Relay, // the key of an edge: it opens the relay alone
    Secret, // the owner's: it opens everything
}

internal static class KeyProofExtensions
{
    private static readonly Proof[] Proofs = [.. Enum.GetValues<KeyProof>().Select(proof => new Proof(proof))];

    /// <summary>What the key of this request has proved to the door.</summary>
    public static KeyProof KeyProof(this HttpContext context) => context.Features.Get<Proof>()?.Kind ?? Security.KeyProof.Absent;

    /// <summary>Checks the key of a request, and notes what it proves.</summary>
    public static KeyProof ProveKey(this HttpContext context, Settings settings)
    {
        var proof = Check(context.Request.Headers, settings);
        if (proof != Security.KeyProof.Absent)
        {
            context.Features.Set(Proofs[(int)proof]);
        }

        return proof;
    }

    private static KeyProof Check(IHeaderDictionary headers, Settings settings)
    {
        if (!headers.TryGetValue(ApiKeys.Header, out var values) || !(settings.ApiKeys.AreSet || settings.RelayKeys.AreSet || settings.WriteKeys.AreSet))
        {
            return Security.KeyProof.Absent;
        }

        if (values.Count != 1)
        {
            return Security.KeyProof.Wrong;
        }

        // A client that has no key may send the header nevertheless.
        if (StringValues.IsNullOrEmpty(values))
        {
            return Security.KeyProof.Absent;
        }

        // Each list is asked, whatever those before it have said.
        var key = values.ToString();
        var (secret, relay, write) = (settings.ApiKeys.Hold(key), settings.RelayKeys.Hold(key), settings.WriteKeys.Hold(key));
        return secret ? Security.KeyProof.Secret : relay ? Security.KeyProof.Relay : write ? Security.KeyProof.Write : Security.KeyProof.Wrong;
    }

    private sealed record Proof(KeyProof Kind);
}
