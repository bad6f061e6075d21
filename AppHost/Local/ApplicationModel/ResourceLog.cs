using System.Text;
using System.Threading.Channels;

namespace Aspire.Hosting.ApplicationModel;

/// <summary>One line that a resource wrote.</summary>
/// <param name="Number">From 1, without gaps over all runs.</param>
internal sealed record ResourceLogEntry(long Number, DateTimeOffset At, string Text, bool IsError);

/// <summary>The console of one instance: the newest lines in memory, all of the latest in a file.</summary>
internal sealed class ResourceLog(TimeProvider timeProvider) : IDisposable
{
    /// <summary>Kept in memory: so many lines, and not more than so many characters in all.</summary>
    public const int MaxLines = 10_000;
    public const int MaxCharacters = 2 * 1024 * 1024;

    /// <summary>A longer line is cut: nobody reads it, and one line could fill the memory.</summary>
    public const int MaxLineLength = 64 * 1024;

    /// <summary>A file that grows longer is put aside once (<c>.1</c>) and begun anew.</summary>
    public const long MaxFileBytes = 16 * 1024 * 1024;

    private readonly Lock _lock = new();
    private readonly Queue<ResourceLogEntry> _kept = [];
    private readonly List<Channel<ResourceLogEntry>> _watchers = [];
    private StreamWriter? _file;
    private string? _path;
    private long _characters;
    private long _number;
    private bool _isComplete;

    /// <summary>Writes what is kept and all that follows to a file as well.</summary>
    public void WriteTo(string path)
    {
        lock (_lock)
        {
            if (_file is not null)
            {
                return;
            }

            _path = path;
            _file = Open(path);
            foreach (var entry in _kept)
            {
                WriteToFile(entry);
            }
        }
    }

    public void Write(string text, bool isError)
    {
        lock (_lock)
        {
            var entry = new ResourceLogEntry(++_number, timeProvider.GetUtcNow(), text.Length <= MaxLineLength ? text : text[..MaxLineLength] + "…", isError);
            _kept.Enqueue(entry);
            _characters += entry.Text.Length;
            while (_kept.Count > MaxLines || _characters > MaxCharacters)
            {
                _characters -= _kept.Dequeue().Text.Length;
            }

            WriteToFile(entry);
            foreach (var watcher in _watchers)
            {
                watcher.Writer.TryWrite(entry);
            }
        }
    }

    /// <summary>The newest lines, oldest first.</summary>
    public IReadOnlyList<ResourceLogEntry> Last(int count)
    {
        lock (_lock)
        {
            return [.. _kept.Skip(Math.Max(_kept.Count - count, 0))];
        }
    }

    /// <summary>What is kept, and a channel on which everything later comes. A reader that falls far behind loses the oldest lines.</summary>
    public (IReadOnlyList<ResourceLogEntry> Kept, Channel<ResourceLogEntry> Later) Watch()
    {
        var channel = Channel.CreateBounded<ResourceLogEntry>(new BoundedChannelOptions(MaxLines) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true });
        lock (_lock)
        {
            _watchers.Add(channel);
            if (_isComplete)
            {
                channel.Writer.TryComplete();
            }

            return ([.. _kept], channel);
        }
    }

    public void Unwatch(Channel<ResourceLogEntry> channel)
    {
        lock (_lock)
        {
            _watchers.Remove(channel);
        }
    }

    public void Clear()
    {
        lock (_lock)
        {
            _kept.Clear();
            _characters = 0;
        }
    }

    /// <summary>Nothing more will come: who watches is let go.</summary>
    public void Complete()
    {
        lock (_lock)
        {
            _isComplete = true;
            foreach (var watcher in _watchers)
            {
                watcher.Writer.TryComplete();
            }
        }
    }

    public void Dispose()
    {
        Complete();
        lock (_lock)
        {
            _file?.Dispose();
            _file = null;
        }
    }

    private static StreamWriter Open(string path)
        => new(new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete), new UTF8Encoding(encoderShouldEmitUTF8Identifier: false)) { AutoFlush = true };

    private void WriteToFile(ResourceLogEntry entry)
    {
        if (_file is null)
        {
            return;
        }

        try
        {
            if (_file.BaseStream.Length > MaxFileBytes)
            {
                _file.Dispose();
                File.Move(_path!, $"{_path}.1", overwrite: true);
                _file = Open(_path!);
            }

            _file.WriteLine($"{entry.At:O} {(entry.IsError ? "err" : "out")} {entry.Text}");
        }
        catch (IOException)
        {
            // A full disk stops the file, not the application; the lines still are in memory.
            _file = null;
        }
    }
}
