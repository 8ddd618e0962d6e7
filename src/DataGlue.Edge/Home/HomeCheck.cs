using DataGlue.Edge.Http;
using DataGlue.Edge.Model;
using DataGlue.Edge.Security;
using DataGlue.Edge.Wire.Glue;

namespace DataGlue.Edge.Home;

/// <summary>An edge that looks for another database than this one gets a 421; one that looks for this is told that it has found it.</summary>
internal sealed class HomeCheck(ServerState state)
{
    public RequestDelegate Guard(RequestDelegate next) => context =>
    {
        // Which database this is costs a read, and is nothing for strangers.
        if (context.KeyProof() is not (KeyProof.Secret or KeyProof.Relay) || !context.Request.Headers.TryGetValue(RelayFormat.HomeHeader, out var expected))
        {
            return next(context);
        }

        var id = state.DatabaseId();
        if (expected != id)
        {
            throw new RequestException(StatusCodes.Status421MisdirectedRequest, "This is another database than the one that the edge knows as its home");
        }

        // Whatever the answer becomes, a 404 for a path of a later version too: an error begins its headers anew.
        context.Response.OnStarting(() =>
        {
            context.Response.Headers[RelayFormat.HomeHeader] = id;
            return Task.CompletedTask;
        });
        return next(context);
    };
}
