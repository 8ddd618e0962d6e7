using DataGlue.Edge.Security;
using Microsoft.Net.Http.Headers;

namespace DataGlue.Edge.Intake;

/// <summary>With what the visitor of a page came, by the request: its User-Agent, and the country that Cloudflare names or the address is in. Neither the header nor
/// the address is kept.</summary>
internal sealed class Clients(Settings settings, Countries countries)
{
    private const string CloudflareCountry = "CF-IPCountry";

    private readonly ClientAddress address = new(settings);

    public Client Of(HttpContext context)
    {
        var headers = context.Request.Headers;
        var named = headers.TryGetValue(CloudflareCountry, out var country) ? Client.CountryOf(country.ToString()) : default;
        return Client.Of(headers.TryGetValue(HeaderNames.UserAgent, out var agent) ? agent.ToString() : null) with
        {
            Country = named.IsPresent || !countries.AreKnown ? named : countries.Of(address.Of(context)),
        };
    }
}
