using DataGlue.Edge.Wire.Json;
using Microsoft.Data.Sqlite;

namespace DataGlue.Edge.Commands;

/// <summary>Reads the columns of a row of a log.</summary>
internal static class StoredValues
{
    public static Utf8Text Utf8(this SqliteDataReader row, int column) => row.IsDBNull(column) ? default : Utf8Text.From(row.GetString(column));

    /// <exception cref="JsonException">The text is not JSON.</exception>
    public static JsonText? Json(this SqliteDataReader row, int column) => row.IsDBNull(column) ? null : JsonText.Parse(row.Utf8(column));

    /// <summary>Whether a column, read as text, is this fingerprint.</summary>
    public static bool IsFingerprint(this SqliteDataReader row, int column, ulong fingerprint) =>
        row.GetString(column) == unchecked((long)fingerprint).ToString(CultureInfo.InvariantCulture);
}
