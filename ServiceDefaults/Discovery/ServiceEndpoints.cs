using System.Collections.Concurrent;
using Microsoft.Extensions.Configuration;

namespace ServiceDefaults.Discovery;

/// <summary>
/// Where the services are, by configuration: <c>services:{name}:{scheme or endpoint}:{n}</c> = <c>http://localhost:5001</c>, as the
/// app model injects it. Read at every call, so that a reloaded configuration counts.
/// </summary>
public sealed class ServiceEndpoints(IConfiguration configuration)
{
    private readonly ConcurrentDictionary<string, Counter> _turns = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Every address of one service, in the order of <c>n</c>; empty if it is not configured.</summary>
    /// <param name="service">The service's name, such as <c>pairing</c>.</param>
    /// <param name="endpoint">Scheme or endpoint name.</param>
    /// <exception cref="InvalidOperationException">An address is not an absolute URI.</exception>
    public IReadOnlyList<Uri> Get(string service, string endpoint = "http")
    {
        ArgumentException.ThrowIfNullOrEmpty(service);
        ArgumentException.ThrowIfNullOrEmpty(endpoint);

        var section = configuration.GetSection($"services:{service}:{endpoint}");
        if (section.Value is { Length: > 0 } single)
        {
            return [Parse(single, section.Path, endpoint)];
        }

        // GetChildren sorts numbers as numbers: 2 before 10.
        return
        [
            .. section.GetChildren()
                .Where(child => !string.IsNullOrWhiteSpace(child.Value))
                .Select(child => Parse(child.Value!, child.Path, endpoint)),
        ];
    }

    /// <summary>
    /// Turns a logical address into a real one: <c>http://pairing/x</c>, <c>https+http://pairing/x</c> (https if there is one, else
    /// http), <c>http://_admin.pairing/x</c> (the endpoint called admin). Several addresses take turns.
    /// </summary>
    /// <returns>The address to call; <paramref name="address"/> itself if its host is not a configured service.</returns>
    public Uri Resolve(Uri address)
    {
        ArgumentNullException.ThrowIfNull(address);
        if (!address.IsAbsoluteUri)
        {
            return address;
        }

        var schemes = address.Scheme.Split('+');
        var (service, endpoint) = SplitHost(address.Host);
        foreach (var name in endpoint is null ? schemes : [endpoint])
        {
            var found = Get(service, name);
            if (found.Count > 0)
            {
                var turn = _turns.GetOrAdd($"{service}/{name}", static _ => new Counter()).Next();
                return Combine(found[(int)(turn % (uint)found.Count)], address);
            }
        }

        // Not a service of ours: an ordinary host. Of several schemes the first one is meant.
        return schemes.Length == 1 ? address : new UriBuilder(address) { Scheme = schemes[0], Port = address.IsDefaultPort ? -1 : address.Port }.Uri;
    }

    private static (string Service, string? Endpoint) SplitHost(string host)
        => host.StartsWith('_') && host.IndexOf('.', StringComparison.Ordinal) is > 1 and var dot ? (host[(dot + 1)..], host[1..dot]) : (host, null);

    private static Uri Combine(Uri target, Uri address)
        => new UriBuilder(target)
        {
            Path = target.AbsolutePath.TrimEnd('/') + address.AbsolutePath,
            Query = address.Query,
            Fragment = address.Fragment,
        }.Uri;

    private static Uri Parse(string value, string path, string endpoint)
    {
        var text = value.Contains("://", StringComparison.Ordinal) ? value : $"{(endpoint == "https" ? "https" : "http")}://{value}";
        return Uri.TryCreate(text, UriKind.Absolute, out var uri)
            ? uri
            : throw new InvalidOperationException($"{path} is not an absolute URI.");
    }

    private sealed class Counter
    {
        private uint _value = uint.MaxValue;

        public uint Next() => Interlocked.Increment(ref _value);
    }
}
