namespace DataGlue.Edge.Privacy;

/// <summary>Lets one at a time find rows and remove them: two would delete the same and count them once.</summary>
internal sealed class ErasureGate : IDisposable
{
    private readonly SemaphoreSlim gate = new(1, 1);

    /// <summary>Waits for the turn, which ends when what is returned is disposed.</summary>
    public async Task<IDisposable> EnterAsync()
    {
        await gate.WaitAsync();
        return new Turn(gate);
    }

    public void Dispose() => gate.Dispose();

    private sealed class Turn(SemaphoreSlim gate) : IDisposable
    {
        public void Dispose() => gate.Release();
    }
}
