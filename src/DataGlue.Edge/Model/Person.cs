namespace DataGlue.Edge.Model;

/// <summary>Whom an identification or an event names.</summary>
internal static class Person
{
    private static ReadOnlySpan<byte> AccountMark => "account:"u8;
    private static ReadOnlySpan<byte> EmailMark => "email:"u8;

    /// <summary><c>account:USER_ID</c>, else <c>email:EMAIL_KEY</c>; none where neither is given.</summary>
    public static Utf8Text NameOf(Utf8Text userId, Utf8Text emailKey) =>
        userId.IsPresent ? Name(AccountMark, userId) : emailKey.IsPresent ? Name(EmailMark, emailKey) : default;

    private static Utf8Text Name(ReadOnlySpan<byte> mark, Utf8Text key) => new([.. mark, .. key.Span]);
}
