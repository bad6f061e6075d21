namespace Aspire.Hosting.Local.Dashboard.Live;

/// <summary>Wakes whoever waits for a change. Changes in between are not queued: a waiter looks at the present state itself.</summary>
internal sealed class Pulse
{
    private TaskCompletionSource next = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Completes at the first <see cref="Beat"/> after this was read. Read it before looking at the state.</summary>
    public Task Next => Volatile.Read(ref next).Task;

    public void Beat()
        => Interlocked.Exchange(ref next, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).SetResult();
}
