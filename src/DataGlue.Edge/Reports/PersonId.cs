using System.Buffers.Text;
using System.Security.Cryptography;

namespace DataGlue.Edge.Reports;

/// <summary>The opaque id of a person in reports, which tells neither e-mail nor account.</summary>
internal static class PersonId
{
    private const int Bytes = 12;

    public static string Of(string person) => Base64Url.EncodeToString(SHA256.HashData(Encoding.UTF8.GetBytes(person)).AsSpan(0, Bytes));
}
