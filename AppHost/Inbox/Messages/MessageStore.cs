using Microsoft.Extensions.Options;

namespace Inbox.Messages;

/// <summary>
/// The messages, in memory: a restart forgets them. Bounded by count and by bytes, the oldest goes first and the newest always
/// stays. Safe for any number of threads; readers get a snapshot and are never blocked by each other for long.
/// </summary>
public sealed class MessageStore(IOptions<InboxOptions> options)
{
    private readonly Lock gate = new();
    private readonly LinkedList<Message> newestFirst = new();
    private readonly Dictionary<string, LinkedListNode<Message>> byId = new(StringComparer.Ordinal);
    private TaskCompletionSource changed = NewSignal();
    private long bytes;
    private long version;

    /// <summary>Grows with every change; says to a watcher whether it has missed one.</summary>
    public long Version => Interlocked.Read(ref version);

    public void Add(Message message)
    {
        lock (gate)
        {
            byId.Add(message.Id, newestFirst.AddFirst(message));
            bytes += message.Cost;
            while (newestFirst.Count > 1 && (newestFirst.Count > options.Value.MaxMessages || bytes > options.Value.MaxBytes))
            {
                RemoveNode(newestFirst.Last!);
            }

            SignalChange();
        }
    }

    /// <summary>All messages, newest first.</summary>
    public IReadOnlyList<Message> Snapshot()
    {
        lock (gate)
        {
            return [.. newestFirst];
        }
    }

    /// <summary>The newest message, or <see langword="null"/>.</summary>
    public Message? Newest()
    {
        lock (gate)
        {
            return newestFirst.First?.Value;
        }
    }

    /// <summary>The message with that id, or <see langword="null"/>.</summary>
    public Message? Find(string id)
    {
        lock (gate)
        {
            return byId.TryGetValue(id, out var node) ? node.Value : null;
        }
    }

    public void Clear()
    {
        lock (gate)
        {
            newestFirst.Clear();
            byId.Clear();
            bytes = 0;
            SignalChange();
        }
    }

    /// <summary>Removes those messages; unknown ids are passed over, because a message may just have been pushed out.</summary>
    public void Remove(IEnumerable<string> ids)
    {
        lock (gate)
        {
            foreach (var id in ids)
            {
                if (byId.TryGetValue(id, out var node))
                {
                    RemoveNode(node);
                }
            }

            SignalChange();
        }
    }

    /// <summary>Ends when <see cref="Version"/> is no longer <paramref name="seen"/>, at once if it already is another.</summary>
    public Task WaitForChangeAsync(long seen, CancellationToken cancellationToken)
    {
        Task signal;
        lock (gate)
        {
            if (version != seen)
            {
                return Task.CompletedTask;
            }

            signal = changed.Task;
        }

        return signal.WaitAsync(cancellationToken);
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private void RemoveNode(LinkedListNode<Message> node)
    {
        newestFirst.Remove(node);
        byId.Remove(node.Value.Id);
        bytes -= node.Value.Cost;
    }

    private void SignalChange()
    {
        version++;
        changed.TrySetResult();
        changed = NewSignal();
    }
}
