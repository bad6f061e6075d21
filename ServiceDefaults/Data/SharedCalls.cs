using System.Collections.Concurrent;

namespace ServiceDefaults.Data;

/// <summary>
/// Lets what comes at once share a call: requests that come while one is under way go together in the next one. A single request waits for
/// nothing, and many share the cost of a call, which is several times that of everything else in a small request.
/// </summary>
/// <param name="limit">Requests of one call: a store that works on one call at a time does nothing else meanwhile.</param>
/// <param name="call">Makes one call; its answers are in the order of the requests.</param>
public sealed class SharedCalls<TRequest, TAnswer>(int limit, Func<IReadOnlyList<TRequest>, Task<IReadOnlyList<TAnswer>>> call)
{
    /// <summary>Requests that go on one after the other: waking one more thread costs as much as going on with several of them.</summary>
    private const int Together = 16;

    /// <summary>How long what nobody waits for may wait for company.</summary>
    private static readonly TimeSpan Company = TimeSpan.FromMilliseconds(5);

    private readonly ConcurrentQueue<Waiting> _waiting = new();
    private int _isCalling;
    private int _isGathering;

    /// <summary>Asks, together with whoever else does.</summary>
    /// <exception cref="Exception">What the call failed with; also when it was the one before, because the next would wait as long for the same.</exception>
    public Task<TAnswer> AskAsync(TRequest request)
    {
        var one = new Waiting(request, isAwaited: true);
        _waiting.Enqueue(one);
        Call();
        return one.Task;
    }

    /// <summary>Tells, in the same order as others ask, a moment later unless somebody asks; nobody waits for the answer.</summary>
    public void Tell(TRequest request)
    {
        _waiting.Enqueue(new Waiting(request, isAwaited: false));
        if (Interlocked.CompareExchange(ref _isGathering, 1, 0) == 0)
        {
            using (ExecutionContext.SuppressFlow())
            {
                _ = CallSoonAsync();
            }
        }
    }

    private async Task CallSoonAsync()
    {
        await Task.Delay(Company);
        Interlocked.Exchange(ref _isGathering, 0);
        Call();
    }

    private void Call()
    {
        if (Interlocked.CompareExchange(ref _isCalling, 1, 0) == 0)
        {
            // What is ambient for this request (correlation id, span) is not so for those whose requests go with it or after it.
            using (ExecutionContext.SuppressFlow())
            {
                _ = CallAsync();
            }
        }
    }

    private async Task CallAsync()
    {
        do
        {
            // Whoever is ready to run now would ask a moment later, and wait for a call's whole way there and back: let them come along.
            await Task.Yield();
            while (Take() is { Count: > 0 } batch)
            {
                await CallAsync(batch);
            }

            Interlocked.Exchange(ref _isCalling, 0);
        }
        while (!_waiting.IsEmpty && Interlocked.CompareExchange(ref _isCalling, 1, 0) == 0); // somebody came just before that line
    }

    private async Task CallAsync(List<Waiting> batch)
    {
        try
        {
            var answers = await call(batch.ConvertAll(static one => one.Request));
            if (answers.Count != batch.Count)
            {
                throw new InvalidOperationException($"{batch.Count} requests had {answers.Count} answers.");
            }

            HandOver(batch, i => batch[i].SetResult(answers[i]));
        }
        catch (Exception exception)
        {
            do
            {
                var failed = batch;
                HandOver(failed, i => failed[i].Fail(exception));
                batch = Take();
            }
            while (batch.Count > 0);
        }
    }

    // The requests go on by themselves, not on the thread that reads the answer; several on each other thread, because a hand-over costs more
    // than what most of them have left to do.
    private static void HandOver(List<Waiting> batch, Action<int> answer)
    {
        for (var start = 0; start < batch.Count; start += Together)
        {
            var (from, to) = (start, Math.Min(start + Together, batch.Count));
            ThreadPool.UnsafeQueueUserWorkItem(
                static work =>
                {
                    for (var i = work.from; i < work.to; i++)
                    {
                        work.answer(i);
                    }
                },
                (from, to, answer),
                preferLocal: false);
        }
    }

    private List<Waiting> Take()
    {
        var batch = new List<Waiting>();
        while (batch.Count < limit && _waiting.TryDequeue(out var one))
        {
            batch.Add(one);
        }

        return batch;
    }

    private sealed class Waiting(TRequest request, bool isAwaited) : TaskCompletionSource<TAnswer>
    {
        public TRequest Request => request;

        public void Fail(Exception exception)
        {
            if (isAwaited)
            {
                TrySetException(exception);
            }
        }
    }
}
