using System.Net;
using System.Text.Json;
using Gateway.Tests.Support;

namespace Gateway.Tests.Health;

public sealed class HealthTests
{
    [Fact]
    public async Task Health_NothingDeployed_IsHealthyAndListsNothing()
    {
        await using var gateway = GatewayHost.Start();

        Assert.Equal((200, """{"status":"Healthy","services":{}}"""), await HealthAsync(gateway));
    }

    [Fact]
    public async Task Health_DeployedServiceWell_IsHealthy()
    {
        await using var service = await StubService.StartAsync();
        await using var gateway = GatewayHost.Start(new Dictionary<string, string?> { ["services:pairing:http:0"] = service.Address.ToString() });

        await BecomesAsync(gateway, 200, """{"status":"Healthy","services":{"pairing":"Healthy"}}""");
    }

    [Fact]
    public async Task Health_ServiceDownFromTheStart_IsNeverHealthyAndSaysWhich()
    {
        await using var service = await StubService.StartAsync();
        await using var gone = await StubService.StartAsync();
        await gone.StopAsync();
        await using var gateway = GatewayHost.Start(new Dictionary<string, string?>
        {
            ["services:pairing:http:0"] = service.Address.ToString(),
            ["services:scope-signing:http:0"] = gone.Address.ToString(),
        });

        Assert.Equal(503, (await HealthAsync(gateway)).Status);
        await BecomesAsync(gateway, 503, """{"status":"Unhealthy","services":{"pairing":"Healthy","scope-signing":"Unhealthy"}}""");
    }

    [Fact]
    public async Task Health_ServiceDiesAndComesBack_FollowsIt()
    {
        await using var service = await StubService.StartAsync();
        await using var gateway = GatewayHost.Start(new Dictionary<string, string?> { ["services:pairing:http:0"] = service.Address.ToString() });
        await BecomesAsync(gateway, 200, """{"status":"Healthy","services":{"pairing":"Healthy"}}""");

        await service.StopAsync();
        await BecomesAsync(gateway, 503, """{"status":"Unhealthy","services":{"pairing":"Unhealthy"}}""");
        await using var again = await StubService.StartAsync(service.Port);
        await BecomesAsync(gateway, 200, """{"status":"Healthy","services":{"pairing":"Healthy"}}""");
    }

    [Fact]
    public async Task Health_OneOfTwoInstancesDown_IsHealthy()
    {
        await using var service = await StubService.StartAsync();
        await using var gone = await StubService.StartAsync();
        await gone.StopAsync();
        await using var gateway = GatewayHost.Start(new Dictionary<string, string?>
        {
            ["services:pairing:http:0"] = gone.Address.ToString(),
            ["services:pairing:http:1"] = service.Address.ToString(),
        });

        await BecomesAsync(gateway, 200, """{"status":"Healthy","services":{"pairing":"Healthy"}}""");
    }

    [Fact]
    public async Task Alive_EveryServiceDown_IsStillAlive()
    {
        await using var gone = await StubService.StartAsync();
        await gone.StopAsync();
        await using var gateway = GatewayHost.StartInFrontOf(gone);

        using var response = await gateway.Client.GetAsync(gateway.AsWritten("/alive"), TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("""{"status":"Healthy"}""", await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        Assert.True(response.Headers.CacheControl!.NoStore);
    }

    private static async Task<(int Status, string Body)> HealthAsync(GatewayHost gateway)
    {
        using var response = await gateway.Client.GetAsync(gateway.AsWritten("/health"), TestContext.Current.CancellationToken);
        return ((int)response.StatusCode, await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }

    private static Task BecomesAsync(GatewayHost gateway, int status, string body)
        => Eventually.Become(async () => await HealthAsync(gateway) == (status, body), $"{status} {JsonDocument.Parse(body).RootElement}");
}
