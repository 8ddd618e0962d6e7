using CsCheck;

namespace DataGlue.Edge.Tests.Fuzz;

/// <summary>What the clients of a run have in common, and the first fault that one of them has found.</summary>
internal sealed class FuzzRun
{
    private readonly ReplyRules rules;
    private string? fault;

    /// <summary>Prepares a run.</summary>
    /// <param name="seed">From it, and from the number of requests, all that is sent follows.</param>
    /// <param name="requests">How many requests are sent, about.</param>
    /// <param name="port">Where the server listens.</param>
    /// <param name="folder">The server's folder.</param>
    public FuzzRun(ulong seed, int requests, int port, string folder)
    {
        Seed = seed;
        Port = port;
        Visitors = new Visitors(requests);
        Requests = new HostileRequests(Visitors).Any;
        rules = new ReplyRules(folder);
    }

    public ulong Seed { get; }

    public int Port { get; }

    public Visitors Visitors { get; }

    public Gen<HostileRequest> Requests { get; }

    public bool HasFault => Volatile.Read(ref fault) is not null;

    /// <summary>The first fault with the request that met it; null when all is well.</summary>
    public string? Fault => Volatile.Read(ref fault);

    /// <summary>Throws if the reply breaks a rule.</summary>
    /// <exception cref="FormatException">It does.</exception>
    public void Check(RawReply reply, HostileRequest request, bool isFirst) => rules.Check(reply, request, isFirst);

    /// <summary>Notes a fault, unless there is one.</summary>
    public void Note(int worker, int made, HostileRequest request, string message) => Interlocked.CompareExchange(
        ref fault,
        $"""
        {message}
        to the {request.Delivery} request "{request.Endpoint}", about the {made}th of client {worker}:
        {Escaped.Text(request.Bytes)}
        """,
        null);
}
