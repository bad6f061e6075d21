using Gateway.Routing;

namespace Gateway.Tests.Support;

/// <summary>A gateway in front of four stubs, one for each service; for tests that need no settings of their own.</summary>
public sealed class Platform : IAsyncLifetime
{
    private readonly Dictionary<string, StubService> _services = new(StringComparer.Ordinal);

    internal GatewayHost Gateway { get; private set; } = null!;

    internal StubService this[string service] => _services[service];

    internal IReadOnlyDictionary<string, StubService> Services => _services;

    public async ValueTask InitializeAsync()
    {
        var settings = new Dictionary<string, string?>();
        foreach (var name in ServiceNames.All)
        {
            _services[name] = await StubService.StartAsync();
            settings[$"services:{name}:http:0"] = _services[name].Address.ToString();
        }

        Gateway = GatewayHost.Start(settings);
    }

    public async ValueTask DisposeAsync()
    {
        await Gateway.DisposeAsync();
        foreach (var service in _services.Values)
        {
            await service.DisposeAsync();
        }
    }
}
