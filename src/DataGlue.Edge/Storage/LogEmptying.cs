using System.Diagnostics;

namespace DataGlue.Edge.Storage;

/// <summary>That the write-ahead log is to be emptied.</summary>
/// <param name="patience">For how long that is tried.</param>
internal sealed class LogEmptying(TimeSpan patience)
{
    /// <summary>How long the writer waits between two tries, where it has nothing else to do.</summary>
    public static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    private readonly TaskCompletionSource<bool> completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly long began = Stopwatch.GetTimestamp();

    /// <summary>Ends with whether it was emptied.</summary>
    public Task<bool> Completion => completion.Task;

    public bool WasTried { get; set; }

    public bool IsOver => Stopwatch.GetElapsedTime(began) >= patience;

    public void Complete(bool isEmpty) => completion.TrySetResult(isEmpty);
}
