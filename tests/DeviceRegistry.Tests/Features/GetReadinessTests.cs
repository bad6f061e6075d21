using System.Net;
using DeviceRegistry.Tests.Infrastructure;

namespace DeviceRegistry.Tests.Features;

/// <summary>Contract §9, health.</summary>
public sealed class GetReadinessTests(RegistryApp app)
{
    [Fact]
    public async Task GetReadiness_ServersAreThere_Up()
    {
        using var response = await app.Client.GetAsync("/health/ready", TestContext.Current.CancellationToken);
        Assert.Equal("UP", (await response.AssertJsonAsync(HttpStatusCode.OK)).Text("status"));
    }
}
