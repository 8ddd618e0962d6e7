// What the bench needs beside the server, on a database that the server has made: the ceiling of the disk, and stored events to measure beside.
using System.Globalization;
using DataGlue.Bench.Disk;
using Microsoft.Data.Sqlite;

try
{
    Console.WriteLine(args switch
    {
        ["loop", var file, var events, var perCommit] => Loop.Run(Open(file), Count(events), Count(perCommit)),
        ["fill", var file, var events, var journeys] => Fill.Run(Open(file), Count(events), Count(journeys)),
        _ => throw new ArgumentException("usage: loop FILE EVENTS EVENTS_PER_COMMIT | fill FILE EVENTS JOURNEYS"),
    });
    return 0;
}
catch (Exception exception) when (exception is ArgumentException or FormatException or SqliteException)
{
    await Console.Error.WriteLineAsync(exception.Message);
    return 1;
}

static int Count(string text) => int.Parse(text, NumberStyles.None, CultureInfo.InvariantCulture);

static SqliteConnection Open(string file)
{
    var connection = new SqliteConnection(
        new SqliteConnectionStringBuilder { DataSource = file, Mode = SqliteOpenMode.ReadWrite, Pooling = false }.ConnectionString);
    connection.Open();
    return connection;
}
