using TestSupport;

namespace DeviceRegistry.Tests.Infrastructure;

/// <summary>A service of a test class's own, with its limits on, whose clock the class moves.</summary>
public sealed class ClockedRegistryApp : IAsyncLifetime
{
    public RegistryApp App { get; private set; } = null!;

    public async ValueTask InitializeAsync()
        => App = await RegistryApp.StartAsync(
            new Dictionary<string, string?>(StringComparer.Ordinal) { ["DeviceRegistry:RateLimits"] = "true" }, new FakeClock());

    public ValueTask DisposeAsync() => App.DisposeAsync();
}
