using System.Net;
using Pairing.Tests.Infrastructure;

namespace Pairing.Tests.Features;

/// <summary>Contract §7.5, health; with servers away: <c>Data/OutageTests</c>.</summary>
public sealed class GetHealthTests(PairingApp app)
{
    [Fact]
    public async Task GetHealth_ServersThere_IsUp()
    {
        using var response = await app.Client.GetAsync("/actuator/health", TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("""{"status":"UP"}""", await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        using var health = await app.Client.GetAsync("/health", TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.OK, health.StatusCode);
    }
}
