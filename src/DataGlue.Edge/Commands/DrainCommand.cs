using System.CommandLine;
using System.Diagnostics;
using DataGlue.Edge.Edge;
using DataGlue.Edge.Security;

namespace DataGlue.Edge.Commands;

/// <summary><c>drain</c>: waits until the home has everything that this edge has accepted. To run before its region is removed.</summary>
internal static class DrainCommand
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan ReplyTimeout = TimeSpan.FromSeconds(10);

    public static Command Make()
    {
        var timeout = new Option<int>("--timeout") { Description = "How many seconds to wait at the most", HelpName = "SECONDS", DefaultValueFactory = _ => 300 };
        timeout.Validators.Add(result =>
        {
            if (!result.Implicit && (!int.TryParse(result.Tokens.SingleOrDefault()?.Value, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) || seconds < 1))
            {
                result.AddError("--timeout must be a whole number of seconds, from 1");
            }
        });
        var command = new Command("drain", "Wait until the home has everything that the edge on this machine has accepted; take the edge's visitors away from it first") { timeout };
        command.SetAction((parsed, cancelled) => RunAsync(CommandLine.ReadSettings(), TimeSpan.FromSeconds(parsed.GetValue(timeout)), cancelled));
        return command;
    }

    private static async Task<int> RunAsync(Settings settings, TimeSpan patience, CancellationToken cancelled)
    {
        CommandException.Unless(
            settings.ApiKeys.Plain is not null || !settings.ApiKeys.AreSet,
            "API_KEY holds only the hash of a key, and drain has to show the key itself: call it with API_KEY=<the key> in its environment");
        using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false });
        http.BaseAddress = new Uri($"http://127.0.0.1:{settings.Port}");
        http.Timeout = patience < ReplyTimeout ? patience : ReplyTimeout;
        http.DefaultRequestHeaders.Add(ApiKeys.Header, settings.ApiKeys.Plain);
        var started = Stopwatch.GetTimestamp();
        var last = await ReadAsync(http, cancelled);
        CommandException.Unless(last.Role == "edge", "This is the home: it holds the data itself, and has nowhere to drain to");

        // The depth is a counter and may run behind; the oldest is read from the table itself.
        for (var empty = 0; empty < 2;)
        {
            CommandException.Unless(
                Stopwatch.GetElapsedTime(started) < patience,
                $"Still waiting: {last.Depth}. {last.Problem ?? "Visitors may still be writing here, or it takes longer than --timeout"}");
            await Task.Delay(Interval, cancelled);
            var outbox = await ReadAsync(http, cancelled);
            if (outbox.Depth != last.Depth || outbox.State != last.State)
            {
                Console.Error.WriteLine($"waiting: {outbox.Depth}, {outbox.State}");
            }

            empty = outbox is { InHand: 0, Oldest: null } ? empty + 1 : 0;
            last = outbox;
        }

        CommandException.Unless(
            last.AsideCount == 0,
            $"The home has everything but what it has rejected ({last.AsideCount}), which would be gone with this volume; GET /glue/outbox lists it: send it again, or delete it, first");
        Console.WriteLine("The outbox is empty: the home has everything that this edge has accepted");
        return 0;
    }

    private static async Task<OutboxReply> ReadAsync(HttpClient http, CancellationToken cancelled)
    {
        try
        {
            using var response = await http.GetAsync(new Uri("/glue/outbox?limit=0", UriKind.Relative), cancelled);
            CommandException.Unless(response.IsSuccessStatusCode, $"The server at {http.BaseAddress} answers {(int)response.StatusCode} to GET /glue/outbox; does it run with this API_KEY?");
            await using var body = await response.Content.ReadAsStreamAsync(cancelled);
            return await JsonSerializer.DeserializeAsync(body, ServerJson.Wire.OutboxReply, cancelled) ?? throw new JsonException();
        }
        catch (Exception exception) when (!cancelled.IsCancellationRequested && exception is HttpRequestException or JsonException or TaskCanceledException)
        {
            throw new CommandException($"The server at {http.BaseAddress} does not answer GET /glue/outbox: {exception.Message}");
        }
    }
}
