using System.Collections.Frozen;
using Gateway.Routing;
using Microsoft.Extensions.Options;

namespace Gateway.Forwarding;

/// <summary>Bounds on what is at work at once, one for the requests and one for the event streams of each service.</summary>
internal sealed class Bulkheads
{
    private readonly FrozenDictionary<string, Bulkhead> _requests;
    private readonly FrozenDictionary<string, Bulkhead> _streams;

    public Bulkheads(IOptions<GatewayOptions> options)
    {
        _requests = ServiceNames.All.ToFrozenDictionary(name => name, _ => new Bulkhead(options.Value.ConcurrentRequestsPerService));
        _streams = ServiceNames.All.ToFrozenDictionary(name => name, _ => new Bulkhead(options.Value.ConcurrentStreamsPerService));
    }

    public Bulkhead For(GatewayRoute route) => (route.EventStream ? _streams : _requests)[route.Service];
}

/// <summary>A counter with a ceiling. Whoever does not fit in is turned away at once: a queue would only add its time to theirs.</summary>
internal sealed class Bulkhead(int capacity)
{
    private int _inside;

    public bool TryEnter()
    {
        if (Interlocked.Increment(ref _inside) <= capacity)
        {
            return true;
        }

        Leave();
        return false;
    }

    public void Leave() => Interlocked.Decrement(ref _inside);
}
