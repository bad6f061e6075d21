using System.Net;
using DeviceRegistry.Tests.Infrastructure;

namespace DeviceRegistry.Tests.Features;

/// <summary>Contract §9, health.</summary>
public sealed class GetLivenessTests(RegistryApp app)
{
    [Fact]
    public async Task GetLiveness_WithoutToken_Up()
    {
        using var response = await app.Client.GetAsync("/health/live", TestContext.Current.CancellationToken);
        Assert.Equal("UP", (await response.AssertJsonAsync(HttpStatusCode.OK)).Text("status"));
    }
}
