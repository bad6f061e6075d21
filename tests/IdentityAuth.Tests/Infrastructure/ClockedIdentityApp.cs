using TestSupport;

namespace IdentityAuth.Tests.Infrastructure;

/// <summary>A service of a test class's own, whose clock the class moves.</summary>
public sealed class ClockedIdentityApp : IAsyncLifetime
{
    public IdentityApp App { get; private set; } = null!;

    public async ValueTask InitializeAsync() => App = await IdentityApp.StartAsync(clock: new FakeClock());

    public ValueTask DisposeAsync() => App.DisposeAsync();
}
