namespace DataGlue.Edge.Tests.Support;

/// <summary>Waits for what comes in its own time.</summary>
internal static class Poll
{
    /// <summary>Asks again and again until it is so.</summary>
    public static async Task UntilAsync(Func<Task<bool>> condition)
    {
        while (!await condition())
        {
            await Task.Delay(10);
        }
    }
}
