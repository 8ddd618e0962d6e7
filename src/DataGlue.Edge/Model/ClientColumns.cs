using DataGlue.Edge.Intake;
using DataGlue.Edge.Storage;

namespace DataGlue.Edge.Model;

/// <summary>The columns of an event that say with what its visitor came.</summary>
internal static class ClientColumns
{
    public static void Set(this Binder values, Client client)
    {
        values.Set("device", client.Device);
        values.Set("browser", client.Browser);
        values.Set("os", client.Os);
        values.Set("country", client.Country);
        values.Set("bot", client.IsBot);
    }
}
