namespace DataGlue.Edge.Http;

/// <summary>The parameters of a query string.</summary>
internal static class Parameters
{
    /// <summary>The value of a parameter; null where it is not given.</summary>
    /// <exception cref="RequestException">400: it is given more than once.</exception>
    public static string? Single(HttpContext context, string name) => context.Request.Query[name] is var values && values.Count <= 1 ? values
        : throw new RequestException(StatusCodes.Status400BadRequest, $"{name} appears {values.Count} times; give it once");
}
