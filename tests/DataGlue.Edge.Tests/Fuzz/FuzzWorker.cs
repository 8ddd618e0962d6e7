using System.Net.Sockets;
using System.Text;
using CsCheck;

namespace DataGlue.Edge.Tests.Fuzz;

/// <summary>One client of a run: what it sends follows from the seed and its number alone.</summary>
internal sealed class FuzzWorker(FuzzRun run, int number) : IDisposable
{
    private const int GoodEvery = 50;

    // Requests that are sent at once must fit into what lies between client and server, or both would wait for each other.
    private const int MostBytesAhead = 24 * 1024;

    private static readonly TimeSpan ReplyComes = TimeSpan.FromMilliseconds(10);

    // Late enough for the server to have begun, soon enough for it not to have ended.
    private static readonly TimeSpan ClientGoes = TimeSpan.FromMilliseconds(1);

    private static readonly Gen<int> AtOnce = Gen.Frequency((6, 1), (2, 2), (1, 5));

    private readonly PCG random = new((uint)number, run.Seed);
    private readonly List<HostileRequest> group = [];
    private RawConnection? connection;
    private int ahead;
    private int made;
    private (HostileRequest Request, RawReply Reply)? before;

    public FuzzTally Tally { get; } = new();

    /// <summary>Every known good write that was answered with 200.</summary>
    public List<(string EventId, string User)> Acknowledged { get; } = [];

    /// <summary>Sends this many requests more, or fewer when the run has found a fault.</summary>
    public void Send(int count)
    {
        var size = 1;
        for (var last = made + count; made < last && !run.HasFault;)
        {
            var request = Next();
            if (request.Delivery != Delivery.Shared || ahead + request.Bytes.Length > MostBytesAhead)
            {
                Flush();
            }

            if (request.Delivery != Delivery.Shared)
            {
                Guard(request, () => SendAlone(request));
                continue;
            }

            group.Add(request);
            ahead += request.Bytes.Length;
            if (request.IsLast || group.Count >= size || made == last)
            {
                Flush();
                size = AtOnce.Generate(random, null, out _);
            }
        }
    }

    public void Dispose() => connection?.Dispose();

    private HostileRequest Next()
    {
        made++;
        return made % GoodEvery == 0
            ? HostileRequests.Good($"good-{number}-{made}", Visitors.NameOfGood(run.Visitors.Number.Generate(random, null, out _)), made / GoodEvery)
            : run.Requests.Generate(random, null, out _);
    }

    // What stands behind a reply that ends its connection is sent again, on another.
    private void Flush()
    {
        var replied = 0;
        while (replied < group.Count && !run.HasFault)
        {
            Guard(group[replied], () => Exchange(replied));
            replied++;
        }

        group.Clear();
        ahead = 0;
    }

    private void Exchange(int replied)
    {
        if (connection is null || replied == 0)
        {
            connection ??= new RawConnection(run.Port, number);
            Require(connection.IsQuiet, "bytes that nobody has asked for");
            connection.TrySend(group.Skip(replied).SelectMany(request => request.Bytes).ToArray());
        }

        ReadShared(connection, group[replied]);
    }

    private void ReadShared(RawConnection shared, HostileRequest request)
    {
        var reply = ReadFinal(shared, request, isFirst: true);
        Tally.Add(request.Endpoint, reply);
        if (reply is null)
        {
            throw new FormatException($"no reply; before it, the client has sent and heard:\n{Escaped.Text(before?.Request.Bytes)}\n{before?.Reply}");
        }

        before = (request, reply);
        if (request.Good is { } good)
        {
            CheckGood(good, reply);
        }

        if (reply.Closes)
        {
            Require(request.IsLast || reply.Status == 413, "an end of the connection that was not asked for");
            shared.Dispose();
            connection = null;
        }
    }

    private void CheckGood((string EventId, string User) good, RawReply reply)
    {
        Require(reply.Status is 200 or 503, "no 200 for a good write");
        if (reply.Status == 200)
        {
            var body = Encoding.UTF8.GetString(reply.Body);
            var isOwn = body.Contains($"\"{good.EventId}\"", StringComparison.Ordinal) || body.Contains("\"events_new\":1,", StringComparison.Ordinal);
            Require(isOwn, "the reply to another write");
            Acknowledged.Add(good);
        }
    }

    private RawReply? ReadFinal(RawConnection from, HostileRequest request, bool isFirst)
    {
        var reply = Read(from, request, isFirst);
        return reply is { IsInterim: true } ? ReadFinal(from, request, isFirst) : reply;
    }

    private RawReply? Read(RawConnection from, HostileRequest request, bool isFirst)
    {
        var reply = from.Read(isFirst && request.IsHead);
        if (reply is not null)
        {
            run.Check(reply, request, isFirst);
        }

        return reply;
    }

    // After the first reply, or when none seems to come, the server is told that this was all; it may have seen several requests in it.
    private void SendAlone(HostileRequest request)
    {
        using var own = new RawConnection(run.Port, number);
        own.TrySend(request.Bytes);
        if (request.Delivery == Delivery.Abandoned)
        {
            own.WaitForReply(ClientGoes);
            Tally.Add(request.Endpoint, null);
            return;
        }

        RawReply? first = null;
        while (first is null or { IsInterim: true } && own.WaitForReply(ReplyComes))
        {
            first = Read(own, request, isFirst: true);
            if (first is null)
            {
                break;
            }
        }

        own.EndSending();
        var isAnswered = first is { IsInterim: false };
        var next = ReadFinal(own, request, isFirst: !isAnswered);
        Tally.Add(request.Endpoint, isAnswered ? first : next);
        while (next is not null)
        {
            next = ReadFinal(own, request, isFirst: false);
        }
    }

    private void Guard(HostileRequest request, Action exchange)
    {
        try
        {
            exchange();
        }
        catch (Exception exception) when (exception is FormatException or TimeoutException or SocketException)
        {
            run.Note(number, made, request, exception.Message);
        }
    }

    private static void Require(bool holds, string fault)
    {
        if (!holds)
        {
            throw new FormatException(fault);
        }
    }
}
