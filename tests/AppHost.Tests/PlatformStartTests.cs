using System.Net;
using Aspire.Hosting.Testing;

namespace AppHost.Tests;

/// <summary>The real AppHost, from its entry point: every server and every service.</summary>
public sealed class PlatformStartTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    [Fact]
    public async Task AppHost_Started_EverythingBecomesHealthy()
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(Patience);
        await using var builder = await DistributedApplicationTestingBuilder.CreateAsync<Projects.AppHost>(["--ephemeral=true"], limit.Token);
        await using var application = await builder.BuildAsync(limit.Token);
        await application.StartAsync(limit.Token);

        foreach (var resource in new[] { "postgres", "redis", "rabbitmq", "pairing-db", "pairing", "gateway", "inbox" })
        {
            await application.ResourceNotifications.WaitForResourceHealthyAsync(resource, limit.Token);
        }

        using var gateway = application.CreateHttpClient("gateway");
        using var answer = await gateway.GetAsync(new Uri("/health", UriKind.Relative), limit.Token);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.NotEqual(8080, application.GetEndpoint("gateway").Port);
        Assert.StartsWith("amqp://guest:", await application.GetConnectionStringAsync("rabbitmq", limit.Token), StringComparison.Ordinal);
    }

    [Fact]
    public async Task GetEndpoint_BeforeStart_Refused()
    {
        var cancellationToken = TestContext.Current.CancellationToken;
        await using var builder = await DistributedApplicationTestingBuilder.CreateAsync<Projects.AppHost>(["--ephemeral=true"], cancellationToken);
        await using var application = await builder.BuildAsync(cancellationToken);

        Assert.Throws<InvalidOperationException>(() => application.GetEndpoint("gateway"));
    }
}
