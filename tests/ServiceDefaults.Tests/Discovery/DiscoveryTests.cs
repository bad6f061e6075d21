using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using ServiceDefaults.Discovery;
using ServiceDefaults.Tests.Infrastructure;

namespace ServiceDefaults.Tests.Discovery;

public sealed class DiscoveryTests
{
    [Theory]
    [InlineData("http://pairing/a/b?c=d", "http://10.0.0.1:5001/a/b?c=d")]
    [InlineData("https+http://pairing/", "http://10.0.0.1:5001/")]
    [InlineData("https+http://both/", "https://10.0.0.2:5443/")]
    [InlineData("http+https://both/", "http://10.0.0.2:5080/")]
    [InlineData("http://_admin.pairing/x", "http://10.0.0.3:5009/x")]
    [InlineData("http://PAIRING/x", "http://10.0.0.1:5001/x")]
    [InlineData("http://bare/x", "http://10.0.0.4:5010/x")]
    [InlineData("http://single/x", "http://10.0.0.5:80/base/x")]
    public void Resolve_ConfiguredService_ItsAddress(string logical, string expected)
        => Assert.Equal(new Uri(expected), Endpoints().Resolve(new Uri(logical)));

    [Theory]
    [InlineData("http://example.test/x", "http://example.test/x")]
    [InlineData("https://pairing/x", "https://pairing/x")]
    [InlineData("https+http://example.test/x", "https://example.test/x")]
    [InlineData("http://localhost:8080/x", "http://localhost:8080/x")]
    public void Resolve_NotConfigured_LeftAlone(string logical, string expected)
        => Assert.Equal(new Uri(expected), Endpoints().Resolve(new Uri(logical)));

    [Fact]
    public void Resolve_SeveralAddresses_TakeTurns()
    {
        var endpoints = Endpoints();

        var ports = Enumerable.Range(0, 6).Select(_ => endpoints.Resolve(new Uri("http://many/")).Port);

        Assert.Equal([1, 2, 11, 1, 2, 11], ports);
    }

    [Fact]
    public void Get_SeveralAddresses_InNumericOrder()
        => Assert.Equal([1, 2, 11], Endpoints().Get("many").Select(address => address.Port));

    [Fact]
    public void Get_UnknownService_Empty() => Assert.Empty(Endpoints().Get("nobody"));

    [Fact]
    public void Get_NotAUri_RefusedWithItsKey()
        => Assert.Contains("services:broken:http:0", Assert.Throws<InvalidOperationException>(() => Endpoints().Get("broken")).Message, StringComparison.Ordinal);

    [Fact]
    public async Task Client_FirstInstanceRefusesConnections_GetGoesToTheSecond()
    {
        await using var web = await StartServiceAsync();
        using var client = Client(ClosedPort(), web.Client.BaseAddress!.Port);

        Assert.Equal("GET /x", await client.GetStringAsync(new Uri("http://thing/x"), TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Client_FirstInstanceRefusesConnections_PostFails()
    {
        await using var web = await StartServiceAsync();
        using var client = Client(ClosedPort(), web.Client.BaseAddress!.Port);

        await Assert.ThrowsAsync<HttpRequestException>(() => client.PostAsync(new Uri("http://thing/x"), null, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Client_EveryInstanceRefusesConnections_TwoAttempts()
    {
        await using var web = await StartServiceAsync();
        // The third turn would succeed.
        using var client = Client(ClosedPort(), ClosedPort(), web.Client.BaseAddress!.Port);

        await Assert.ThrowsAsync<HttpRequestException>(() => client.GetAsync(new Uri("http://thing/x"), TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Client_InstanceAnswers503_NotRepeated()
    {
        var calls = 0;
        await using var web = await TestWeb.StartAsync(app => app.MapGet("/x", () =>
        {
            Interlocked.Increment(ref calls);
            return Results.StatusCode(503);
        }));
        using var client = Client(web.Client.BaseAddress!.Port);

        using var response = await client.GetAsync(new Uri("http://thing/x"), TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
        Assert.Equal(1, calls);
    }

    private static Task<TestWeb> StartServiceAsync()
        => TestWeb.StartAsync(app => app.Map("/x", (HttpRequest request) => $"{request.Method} {request.Path}"));

    private static HttpClient Client(params int[] ports)
    {
        var builder = Host.CreateApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        builder.Configuration.AddInMemoryCollection(
            ports.Select((port, index) => KeyValuePair.Create($"services:thing:http:{index}", (string?)$"http://127.0.0.1:{port}")));
        builder.AddServiceDefaults();
        builder.Services.AddHttpClient();
        return builder.Build().Services.GetRequiredService<IHttpClientFactory>().CreateClient();
    }

    /// <summary>Free a moment ago, and nobody listens.</summary>
    private static int ClosedPort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private static ServiceEndpoints Endpoints()
        => new(new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>(StringComparer.Ordinal)
        {
            ["services:pairing:http:0"] = "http://10.0.0.1:5001",
            ["services:pairing:admin:0"] = "http://10.0.0.3:5009",
            ["services:both:http:0"] = "http://10.0.0.2:5080",
            ["services:both:https:0"] = "https://10.0.0.2:5443",
            ["services:many:http:0"] = "http://10.0.0.9:1",
            ["services:many:http:2"] = "http://10.0.0.9:2",
            ["services:many:http:10"] = "http://10.0.0.9:11",
            ["services:bare:http:0"] = "10.0.0.4:5010",
            ["services:single:http"] = "http://10.0.0.5/base/",
            ["services:broken:http:0"] = "http://",
        }).Build());
}
