using System.Collections.Concurrent;

namespace ServiceDefaults.Jose;

/// <summary>
/// Keeps parsed keys. The framework's asymmetric algorithms are not safe for use by several threads at once, and importing a key
/// costs as much as a signature or its verification, so each caller borrows an instance for one operation.
/// </summary>
public sealed class InstancePool<T>(Func<T> create) : IDisposable
    where T : class, IDisposable
{
    private static readonly int Capacity = Environment.ProcessorCount * 2;

    private readonly ConcurrentQueue<T> _idle = new();
    private volatile bool _disposed;

    /// <summary>Runs <paramref name="operation"/> with an instance that nobody else uses meanwhile.</summary>
    public TResult Use<TState, TResult>(TState state, Func<T, TState, TResult> operation)
        where TState : allows ref struct
    {
        var instance = _idle.TryDequeue(out var idle) ? idle : create();
        try
        {
            return operation(instance, state);
        }
        finally
        {
            if (_disposed || _idle.Count >= Capacity)
            {
                instance.Dispose();
            }
            else
            {
                _idle.Enqueue(instance);
            }
        }
    }

    public void Dispose()
    {
        _disposed = true;
        while (_idle.TryDequeue(out var instance))
        {
            instance.Dispose();
        }
    }
}
