using TestSupport;

namespace Pairing.Tests.Infrastructure;

/// <summary>A service of a test class's own, whose clock the class moves.</summary>
public sealed class ClockedPairingApp : IAsyncLifetime
{
    public PairingApp App { get; private set; } = null!;

    public async ValueTask InitializeAsync() => App = await PairingApp.StartAsync(clock: new FakeClock());

    public ValueTask DisposeAsync() => App.DisposeAsync();
}
