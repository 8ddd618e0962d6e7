namespace DataGlue.Edge.Reports;

/// <summary>Shares of a whole.</summary>
internal static class Ratio
{
    /// <summary>As JSON, rounded half to even to six decimals; null where the whole is 0.</summary>
    public static string Of(long part, long whole) => whole == 0 ? "null" : Amount.Format((Int128)(Math.Round((decimal)part / whole, 6, MidpointRounding.ToEven) * Amount.One));
}

/// <summary>Quantiles by nearest rank.</summary>
internal static class Quantile
{
    /// <summary>The least of the values that at least so many of a hundred do not exceed; null of none.</summary>
    /// <param name="sorted">In ascending order.</param>
    public static long? Of(IReadOnlyList<long> sorted, int percent) => sorted.Count == 0 ? null : sorted[(int)((((long)sorted.Count * percent) + 99) / 100) - 1];
}
