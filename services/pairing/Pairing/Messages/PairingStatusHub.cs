using System.Threading.Channels;
using Microsoft.Extensions.Options;

namespace Pairing.Messages;

/// <summary>Who on this instance waits for news of which pairing.</summary>
internal sealed class PairingStatusHub(IOptions<PairingOptions> options)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<Guid, List<PairingStatusWatch>> _watches = [];
    private int _count;

    /// <summary>How many wait now.</summary>
    public int Count => Volatile.Read(ref _count);

    /// <summary>Begins to wait.</summary>
    /// <returns><see langword="null"/> when as many wait as may.</returns>
    public PairingStatusWatch? TryWatch(Guid jti)
    {
        lock (_lock)
        {
            if (_count >= options.Value.MaximumStatusStreams)
            {
                return null;
            }

            _count++;
            var watch = new PairingStatusWatch(this, jti);
            if (!_watches.TryGetValue(jti, out var others))
            {
                _watches.Add(jti, others = []);
            }

            others.Add(watch);
            return watch;
        }
    }

    /// <summary>Wakes whoever waits for this pairing.</summary>
    public void Notify(Guid jti)
    {
        lock (_lock)
        {
            foreach (var watch in _watches.GetValueOrDefault(jti) ?? [])
            {
                watch.Wake();
            }
        }
    }

    internal void Remove(PairingStatusWatch watch)
    {
        lock (_lock)
        {
            if (_watches.TryGetValue(watch.Jti, out var others) && others.Remove(watch))
            {
                _count--;
                if (others.Count == 0)
                {
                    _watches.Remove(watch.Jti);
                }
            }
        }
    }
}

/// <summary>One stream's wait for news of a pairing.</summary>
internal sealed class PairingStatusWatch(PairingStatusHub hub, Guid jti) : IDisposable
{
    // One signal is as good as many: whoever wakes reads the newest state.
    private readonly Channel<bool> _news = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    public Guid Jti => jti;

    /// <summary>Waits for news, at most for <paramref name="limit"/>. News that came since the last wait end it at once.</summary>
    public async Task WaitAsync(TimeSpan limit, TimeProvider clock, CancellationToken cancellationToken)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var news = _news.Reader.WaitToReadAsync(ended.Token).AsTask();
        await Task.WhenAny(news, Task.Delay(limit > TimeSpan.Zero ? limit : TimeSpan.Zero, clock, ended.Token));
        await ended.CancelAsync();
        cancellationToken.ThrowIfCancellationRequested();
        _news.Reader.TryRead(out _);
    }

    public void Wake() => _news.Writer.TryWrite(true);

    public void Dispose() => hub.Remove(this);
}
