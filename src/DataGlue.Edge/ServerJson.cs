using System.Text.Encodings.Web;
using System.Text.Json.Serialization;
using DataGlue.Edge.Edge;
using DataGlue.Edge.Http;
using DataGlue.Edge.Intake;
using DataGlue.Edge.Monitoring;
using DataGlue.Edge.Privacy;
using DataGlue.Edge.Wire.Glue;

namespace DataGlue.Edge;

/// <summary>Source-generated JSON of every reply that is an object of fixed shape.</summary>
[JsonSerializable(typeof(ErrorReply))]
[JsonSerializable(typeof(SyncReply))]
[JsonSerializable(typeof(BatchReply))]
[JsonSerializable(typeof(StatusReply))]
[JsonSerializable(typeof(RelayReply))]
[JsonSerializable(typeof(OutboxReply))]
[JsonSerializable(typeof(AsideReply))]
[JsonSerializable(typeof(TakenBackReply))]
[JsonSerializable(typeof(ErasedReply))]
[JsonSerializable(typeof(List<string>))]
[JsonSerializable(typeof(List<List<string>>))]
internal sealed partial class ServerJson : JsonSerializerContext
{
    /// <summary>The encoder of everything on the wire: replies are never HTML, so quotes and letters beyond ASCII stay readable.</summary>
    public static JavaScriptEncoder Encoder => JavaScriptEncoder.UnsafeRelaxedJsonEscaping;

    /// <summary>The context as the wire wants it: snake_case names, absent optional fields left out.</summary>
    public static ServerJson Wire { get; } = new(new JsonSerializerOptions
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = Encoder,
        Converters = { new JsonStringEnumConverter<OutcomeStatus>(JsonNamingPolicy.SnakeCaseLower) },
    });
}
