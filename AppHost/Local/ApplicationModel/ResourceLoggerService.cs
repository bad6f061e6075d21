using System.Collections.Concurrent;
using System.Runtime.CompilerServices;

namespace Aspire.Hosting.ApplicationModel;

public readonly record struct LogLine(int LineNumber, string Content, bool IsErrorMessage);

/// <summary>The console of every resource. A resource is named by its name or by an instance's id.</summary>
public class ResourceLoggerService : IDisposable
{
    private readonly ConcurrentDictionary<string, ResourceLog> _logs = new(StringComparer.OrdinalIgnoreCase);
    private readonly ConcurrentDictionary<string, string> _instances = new(StringComparer.OrdinalIgnoreCase);
    private readonly TimeProvider _timeProvider;

    internal ResourceLoggerService(TimeProvider timeProvider) => _timeProvider = timeProvider;

    /// <summary>A logger that writes to the resource's console.</summary>
    public ILogger GetLogger(IResource resource)
    {
        ArgumentNullException.ThrowIfNull(resource);
        return GetLogger(resource.Name);
    }

    public ILogger GetLogger(string resourceName) => new ConsoleLogger(Log(resourceName));

    /// <summary>What is kept, then what comes, in batches.</summary>
    public IAsyncEnumerable<IReadOnlyList<LogLine>> WatchAsync(IResource resource)
    {
        ArgumentNullException.ThrowIfNull(resource);
        return WatchAsync(resource.Name);
    }

    public IAsyncEnumerable<IReadOnlyList<LogLine>> WatchAsync(string resourceName) => LinesAsync(resourceName);

    /// <summary>What is kept.</summary>
    public IAsyncEnumerable<IReadOnlyList<LogLine>> GetAllAsync(IResource resource)
    {
        ArgumentNullException.ThrowIfNull(resource);
        return GetAllAsync(resource.Name);
    }

    public async IAsyncEnumerable<IReadOnlyList<LogLine>> GetAllAsync(string resourceName)
    {
        await Task.CompletedTask;
        if (Log(resourceName).Last(ResourceLog.MaxLines) is { Count: > 0 } kept)
        {
            yield return [.. kept.Select(Line)];
        }
    }

    public void Complete(IResource resource)
    {
        ArgumentNullException.ThrowIfNull(resource);
        Complete(resource.Name);
    }

    public void Complete(string name) => Log(name).Complete();

    public void ClearBacklog(string resourceName) => Log(resourceName).Clear();

    public void Dispose()
    {
        CloseFiles();
        GC.SuppressFinalize(this);
    }

    /// <summary>Nothing more is written to files; what is kept stays readable.</summary>
    internal void CloseFiles()
    {
        foreach (var log in _logs.Values)
        {
            log.Dispose();
        }
    }

    /// <summary>Makes the name of a resource that has one instance mean that instance.</summary>
    internal void Alias(string resourceName, string instanceId) => _instances.TryAdd(resourceName, instanceId);

    internal ResourceLog Log(string resourceName)
        => _logs.GetOrAdd(_instances.GetValueOrDefault(resourceName) ?? resourceName, _ => new ResourceLog(_timeProvider));

    /// <summary>The first batch is what is kept, maybe empty.</summary>
    internal async IAsyncEnumerable<IReadOnlyList<ResourceLogEntry>> EntriesAsync(
        string resourceName, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var log = Log(resourceName);
        var (kept, later) = log.Watch();
        try
        {
            yield return kept;
            while (await later.Reader.WaitToReadAsync(cancellationToken))
            {
                var batch = new List<ResourceLogEntry>();
                while (batch.Count < 1000 && later.Reader.TryRead(out var entry))
                {
                    batch.Add(entry);
                }

                yield return batch;
            }
        }
        finally
        {
            log.Unwatch(later);
        }
    }

    private static LogLine Line(ResourceLogEntry entry) => new((int)Math.Min(entry.Number, int.MaxValue), entry.Text, entry.IsError);

    private async IAsyncEnumerable<IReadOnlyList<LogLine>> LinesAsync(string resourceName, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await foreach (var batch in EntriesAsync(resourceName, cancellationToken))
        {
            if (batch.Count > 0)
            {
                yield return [.. batch.Select(Line)];
            }
        }
    }

    private sealed class ConsoleLogger(ResourceLog log) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull
            => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel != LogLevel.None;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            foreach (var line in formatter(state, exception).Split('\n'))
            {
                log.Write(line.TrimEnd('\r'), isError: logLevel >= LogLevel.Error);
            }
        }
    }
}
