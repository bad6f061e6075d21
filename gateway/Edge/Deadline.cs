using System.Collections.Concurrent;

namespace Gateway.Edge;

/// <summary>
/// The end of the time that one request has. Until it is stopped, <see cref="HttpContext.RequestAborted"/> fires when the client
/// goes away or the time is over. Pooled: a request on the hot path allocates nothing for it.
/// </summary>
internal sealed class Deadline : IDisposable
{
    private const int MaxPooled = 1024;

    private static readonly ConcurrentQueue<Deadline> Pool = new();

    private readonly CancellationTokenSource _source = new();
    private CancellationToken _clientGone;
    private CancellationTokenRegistration _link;

    private Deadline()
    {
    }

    /// <summary>The time was over before the request was.</summary>
    public bool HasPassed => _source.IsCancellationRequested && !_clientGone.IsCancellationRequested;

    public static Deadline Start(HttpContext context, TimeSpan time)
    {
        var deadline = Pool.TryDequeue(out var pooled) ? pooled : new Deadline();
        deadline._clientGone = context.RequestAborted;
        deadline._link = deadline._clientGone.UnsafeRegister(static self => ((Deadline)self!)._source.Cancel(), deadline);
        deadline._source.CancelAfter(time);
        context.RequestAborted = deadline._source.Token;
        return deadline;
    }

    /// <summary>Lets the time be over now.</summary>
    public void Pass() => _source.Cancel();

    /// <summary>Ends the watch; <see cref="HasPassed"/> must not be asked afterwards.</summary>
    public void Stop(HttpContext context)
    {
        _link.Dispose();
        context.RequestAborted = _clientGone;
        if (_source.TryReset() && Pool.Count < MaxPooled)
        {
            Pool.Enqueue(this);
        }
        else
        {
            Dispose();
        }
    }

    public void Dispose() => _source.Dispose();
}
