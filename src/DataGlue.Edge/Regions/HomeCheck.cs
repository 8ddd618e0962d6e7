using DataGlue.Edge.Http;
using DataGlue.Edge.Storage;

namespace DataGlue.Edge.Regions;

/// <summary>At a home: an edge that looks for another database than this one gets a 421; one that looks for this is told that it has found it.</summary>
internal sealed class HomeCheck(OutboxReader reader, WriteQueue queue, TimeProvider clock)
{
    public RequestDelegate Guard(RequestDelegate next) => context =>
        context.Request.Headers.TryGetValue(HomeLink.HomeHeader, out var expected) ? CheckAsync(context, next, expected.ToString()) : next(context);

    private async Task CheckAsync(HttpContext context, RequestDelegate next, string expected)
    {
        if (expected != reader.DatabaseId())
        {
            // Perhaps another file is in place already: the writer takes it over with the next write, which no relay becomes until then.
            await queue.SubmitAsync(new ProbeWrite(Instants.Utf8(Instants.Now(clock))));
        }

        if (expected != reader.DatabaseId())
        {
            throw new RequestException(StatusCodes.Status421MisdirectedRequest, "This is another database than the one that the edge knows as its home");
        }

        // Whatever the answer becomes: an error begins its headers anew.
        context.Response.OnStarting(() =>
        {
            context.Response.Headers[HomeLink.HomeHeader] = expected;
            return Task.CompletedTask;
        });
        await next(context);
    }
}
