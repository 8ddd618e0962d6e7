using Dapper;
using DataGlue.Edge.Edge;
using DataGlue.Edge.Intake;
using DataGlue.Edge.Security;
using DataGlue.Edge.Storage;

namespace DataGlue.Edge.Reports;

/// <summary>GET /glue/status: what there is, and what an owner should see to.</summary>
internal sealed class Status(Database database, Outbox outbox, Countries countries, RefusedOrigins refused)
{
    public void Write(Utf8JsonWriter json)
    {
        var row = database.Read(connection => connection.QueryFirst<StatusRow>(SqlFile.Read("read/report_status")));
        json.WriteString("first_event", row.FirstEvent);
        json.WriteString("last_event", row.LastEvent);
        json.WriteStartObject("rows");
        json.WriteNumber("events", row.Events);
        json.WriteNumber("users", row.Users);
        json.WriteNumber("identities", row.Identities);
        json.WriteNumber("sessions", row.Sessions);
        json.WriteEndObject();
        json.WriteNumber("outbox", outbox.Depth);
        json.WriteBoolean("countries", countries.AreKnown);
        json.WriteStartArray("refused_origins");
        foreach (var (origin, count) in refused.OfDay())
        {
            json.WriteStartObject();
            json.WriteString("origin", origin);
            json.WriteNumber("count", count);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }
}

/// <summary>What the database holds.</summary>
internal sealed class StatusRow
{
    public string? FirstEvent { get; set; }
    public string? LastEvent { get; set; }
    public long Events { get; set; }
    public long Users { get; set; }
    public long Identities { get; set; }
    public long Sessions { get; set; }
}
