using System.Runtime.InteropServices;

namespace DataGlue.Edge.Reports.Columns;

/// <summary>Which names are one person, and which people are on several browsers. A person is the number of the account, else of the e-mail, else of the browser.</summary>
internal sealed class NameOwners
{
    private readonly Dictionary<ulong, ulong> browserOf = []; // of each name the first
    private readonly HashSet<ulong> several = [];
    private readonly Dictionary<ulong, ulong> accounts = []; // of e-mails that belong to one
    private readonly HashSet<ulong> spread = []; // browsers of people on several, by names of events

    public NameOwners(LogTail events, LogTail identities, FactOrder order, CancellationToken cancelled)
    {
        Each(identities, (chunk, browser, row) => Add(chunk.NameAt(row), browser), cancelled);
        foreach (var (name, browser) in events.OwnNames())
        {
            Add(name, browser);
        }

        Tie(identities, order, cancelled);
        foreach (var (name, browser) in events.OwnNames())
        {
            if (IsOnSeveralBrowsers(PersonOf(name)))
            {
                spread.Add(browser);
            }
        }
    }

    /// <summary>The person whom a name names.</summary>
    public ulong PersonOf(ulong name) => accounts.GetValueOrDefault(name, name);

    public bool IsOnSeveralBrowsers(ulong person) => several.Contains(person);

    /// <summary>Whether an event of the browser names somebody who is on others too.</summary>
    public bool IsSpread(ulong browser) => spread.Contains(browser);

    private void Add(ulong name, ulong browser)
    {
        if (name == 0)
        {
            return;
        }

        ref var first = ref CollectionsMarshal.GetValueRefOrAddDefault(browserOf, name, out var isKnown);
        if (!isKnown)
        {
            first = browser;
        }
        else if (first != browser)
        {
            several.Add(name);
        }
    }

    // An e-mail belongs to the account of its newest trusted identification with both; without a trusted one, to that which all public ones name. Only e-mails that
    // name somebody by themselves make a difference.
    private void Tie(LogTail identities, FactOrder order, CancellationToken cancelled)
    {
        var ties = new Dictionary<ulong, Tie>();
        Each(identities, Take, cancelled);
        foreach (var (email, tie) in ties.Where(pair => pair.Value.Account != 0))
        {
            accounts[email] = tie.Account;

            // The account is on the browsers of its e-mails too.
            Add(tie.Account, browserOf[email]);
            if (several.Contains(email))
            {
                several.Add(tie.Account);
            }
        }

        void Take(Chunk chunk, ulong browser, int row)
        {
            var (email, account) = (chunk.EmailAt(row), chunk.AccountAt(row));
            if (email == 0 || account == 0 || !browserOf.ContainsKey(email))
            {
                return;
            }

            var tie = new Tie(account, chunk.IsTrustedAt(row), chunk.TimeAt(row), chunk.RowAt(row), chunk.Texts[chunk.TextAt(row)]);
            ref var known = ref CollectionsMarshal.GetValueRefOrAddDefault(ties, email, out var isKnown);
            known = isKnown ? Columns.Tie.Stronger(known, tie, order) : tie;
        }
    }

    private static void Each(LogTail identities, Action<Chunk, ulong, int> take, CancellationToken cancelled)
    {
        for (var part = 0; part < ColumnReader.Parts; part++)
        {
            cancelled.ThrowIfCancellationRequested();
            foreach (var source in identities.Sources(part))
            {
                using var held = source;
                foreach (var run in source.Runs())
                {
                    foreach (var row in source.Rows(run))
                    {
                        take(source.Chunk, run.Browser, row);
                    }
                }
            }
        }
    }
}

/// <summary>That an identification names an e-mail and an account; no account where public ones name several.</summary>
internal readonly record struct Tie(ulong Account, bool IsTrusted, long Time, long Row, string Kind)
{
    public static Tie Stronger(Tie one, Tie other, FactOrder order)
    {
        if (one.IsTrusted != other.IsTrusted)
        {
            return one.IsTrusted ? one : other;
        }

        if (!one.IsTrusted)
        {
            return one.Account == other.Account ? one : one with { Account = 0 };
        }

        return order.CompareIdentities((one.Time, one.Row, one.Kind), (other.Time, other.Row, other.Kind)) >= 0 ? one : other;
    }
}
