namespace DataGlue.Edge.Regions;

/// <summary>Where an outbox goes: over the link to the home, or at the home itself into its own tables.</summary>
internal sealed class RelayTarget(RelayEndpoint store, HomeLink? link)
{
    // As long as a home gives a body to come in.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <summary>Gives items to the home.</summary>
    /// <returns>What became of each.</returns>
    /// <exception cref="HomeException">The home has not taken them, or has and could not say so.</exception>
    public Task<IReadOnlyList<RelayResult>> SendAsync(IReadOnlyList<OutboxRow> rows, CancellationToken cancelled) => link is null
        ? store.StoreAsync([.. rows.Select(row => OutboxItem.Read(row.Item))])
        : link.RelayAsync([.. rows.Select(row => new Utf8Text(row.Item))], Patience, cancelled);

    /// <summary>Asks whether the home takes anything.</summary>
    /// <exception cref="HomeException">It does not.</exception>
    public Task GreetAsync(CancellationToken cancelled) => link is null ? Task.CompletedTask : link.GreetAsync(cancelled);
}
