using System.Diagnostics;

namespace DataGlue.Edge.Tests.Support;

/// <summary>Waits for what comes in its own time.</summary>
internal static class Poll
{
    // So long that only what never comes fails.
    private static readonly TimeSpan Never = TimeSpan.FromMinutes(2);

    /// <summary>Asks again and again until it is so.</summary>
    public static async Task UntilAsync(Func<Task<bool>> condition)
    {
        var started = Stopwatch.GetTimestamp();
        while (!await condition())
        {
            Assert.True(Stopwatch.GetElapsedTime(started) < Never, "what was waited for never came");
            await Task.Delay(10);
        }
    }
}
