using System.Globalization;
using CsCheck;

namespace DataGlue.Edge.Tests.Fuzz;

/// <summary>
/// Names of visitors, events and sessions. There are so many of them that a journey stays short, and so few that writes meet: an id used
/// twice, an e-mail of several profiles, a read of somebody who is there.
/// </summary>
internal sealed class Visitors
{
    private const int RequestsPerVisitor = 25;

    private static readonly string[] Odd = ["a/b", "..", "a b+c", "%2F", "~25", "ü😀", "email", "'\\\\'", "\\u0001", "<&>"];

    public Visitors(int requests)
    {
        var count = Math.Max(20, requests / RequestsPerVisitor);
        Number = Gen.Int[0, count - 1];
        User = Gen.Frequency(
            (12, Number.Select(Name)),
            (1, Gen.Select(Gen.OneOf(Odd), Number, (odd, number) => odd + (number % ((count / 20) + 1)))));
        Email = Number.Select(number => $"visitor{number}@example.com");
        Account = Number.Select(number => number.ToString(CultureInfo.InvariantCulture));
        EventId = Gen.Int[0, requests].Select(number => $"event-{number}");
    }

    /// <summary>Which visitor.</summary>
    public Gen<int> Number { get; }

    /// <summary>A glue_user_id, as it stands between the quotation marks of JSON.</summary>
    public Gen<string> User { get; }

    /// <summary>An e-mail.</summary>
    public Gen<string> Email { get; }

    /// <summary>The site's own id of an account.</summary>
    public Gen<string> Account { get; }

    /// <summary>An event_id.</summary>
    public Gen<string> EventId { get; }

    /// <summary>A glue_user_id that no hostile request knows, so that none erases it.</summary>
    public static string NameOfGood(int number) => $"good_{number}";

    /// <summary>A glue_user_id with nothing odd about it.</summary>
    public static string Name(int number) => $"glue_{number}";
}
