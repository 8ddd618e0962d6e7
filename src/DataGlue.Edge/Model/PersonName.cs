namespace DataGlue.Edge.Model;

/// <summary>Whom an identification names, as <c>identities.name</c> has it.</summary>
internal static class PersonName
{
    private const string AccountMark = "account:";
    private const string EmailMark = "email:";
    private const string BrowserMark = "browser:";

    /// <summary>The name of an account, else of an e-mail; none where neither is given.</summary>
    public static Utf8Text Of(Utf8Text userId, Utf8Text emailKey) =>
        userId.IsPresent ? Name("account:"u8, userId) : emailKey.IsPresent ? Name("email:"u8, emailKey) : default;

    public static string OfAccount(string userId) => AccountMark + userId;

    /// <param name="key">The key of the e-mail.</param>
    public static string OfEmail(string key) => EmailMark + key;

    /// <summary>The account that a name is of; null of an e-mail.</summary>
    public static string? AccountOf(string name) => name.StartsWith(AccountMark, StringComparison.Ordinal) ? name[AccountMark.Length..] : null;

    /// <summary>The key of the e-mail that a name is of; null of an account.</summary>
    public static string? EmailOf(string name) => name.StartsWith(EmailMark, StringComparison.Ordinal) ? name[EmailMark.Length..] : null;

    /// <summary>What stands for somebody on a browser whom nobody has named.</summary>
    public static string OfBrowser(string user) => BrowserMark + user;

    /// <summary>The browser of somebody whom nobody has named; null of a name.</summary>
    public static string? BrowserOf(string name) => name.StartsWith(BrowserMark, StringComparison.Ordinal) ? name[BrowserMark.Length..] : null;

    private static Utf8Text Name(ReadOnlySpan<byte> mark, Utf8Text key) => new([.. mark, .. key.Span]);
}
