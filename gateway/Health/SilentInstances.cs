using System.Runtime.CompilerServices;
using Yarp.ReverseProxy.Model;

namespace Gateway.Health;

/// <summary>
/// Instances that do not even answer their probes: they stand still, or their machine is gone. An instance that answers, however
/// unhappily, is worth a try when no other is well; one that is silent would only hold requests until their time is over.
/// </summary>
internal sealed class SilentInstances
{
    /// <summary>Probes without an answer, one after the other. A busy machine is late once or twice.</summary>
    private const int MissesInARow = 3;

    private readonly ConditionalWeakTable<DestinationState, Instance> _instances = [];
    private int _silent;

    /// <summary>Whether there are any, which is cheap to ask.</summary>
    public bool Any => Volatile.Read(ref _silent) > 0;

    public bool Contains(DestinationState instance) => _instances.TryGetValue(instance, out var known) && known.Silence.IsCancellationRequested;

    /// <summary>Cancelled when the instance falls silent.</summary>
    public CancellationToken SilenceOf(DestinationState instance) => Of(instance).Silence;

    public void Probed(DestinationState destination, bool answered)
    {
        var instance = Of(destination);
        if (answered)
        {
            instance.Misses = 0;
            if (instance.Silence.IsCancellationRequested)
            {
                instance.Renew();
                Interlocked.Decrement(ref _silent);
            }
        }
        else if (++instance.Misses == MissesInARow)
        {
            Interlocked.Increment(ref _silent);
            instance.FallSilent();
        }
    }

    private Instance Of(DestinationState instance) => _instances.GetValue(instance, static _ => new Instance());

    // Probes of one instance come one after the other.
#pragma warning disable CA1001 // A source without a timer holds nothing, and requests may hold its token for longer than there is an instance.
    private sealed class Instance
#pragma warning restore CA1001
    {
        private CancellationTokenSource _source = new();

        public int Misses { get; set; }

        public CancellationToken Silence => Volatile.Read(ref _source).Token;

        public void FallSilent() => _source.Cancel();

        public void Renew() => Volatile.Write(ref _source, new CancellationTokenSource());
    }
}
