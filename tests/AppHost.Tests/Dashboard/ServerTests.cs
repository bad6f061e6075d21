using System.Net;
using System.Net.Sockets;

namespace AppHost.Tests.Dashboard;

public sealed class ServerTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("http://0.0.0.0:0")]
    [InlineData("http://192.168.0.1:0")]
    [InlineData("http://example.com:0")]
    [InlineData("https://localhost:0")]
    [InlineData("localhost")]
    public async Task Start_AddressNotLoopbackHttp_Throws(string address)
    {
        var url = new Uri(address, UriKind.RelativeOrAbsolute);

        await Assert.ThrowsAsync<ArgumentException>(() => DashboardServer.StartAsync(DashboardServer.Options with { FrontendUrl = url }));
        await Assert.ThrowsAsync<ArgumentException>(() => DashboardServer.StartAsync(DashboardServer.Options with { OtlpUrl = url }));
    }

    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    public async Task Start_EmptySecret_Throws(string secret)
    {
        await Assert.ThrowsAsync<ArgumentException>(() => DashboardServer.StartAsync(DashboardServer.Options with { BrowserToken = secret }));
        await Assert.ThrowsAsync<ArgumentException>(() => DashboardServer.StartAsync(DashboardServer.Options with { OtlpApiKey = secret }));
    }

    [Fact]
    public async Task Start_PortTaken_ThrowsAndFreesTheOther()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var port = ((IPEndPoint)taken.LocalEndpoint).Port;

        await Assert.ThrowsAsync<IOException>(() => DashboardServer.StartAsync(DashboardServer.Options with { FrontendUrl = new Uri($"http://127.0.0.1:{port}") }));
        await Assert.ThrowsAsync<IOException>(() => DashboardServer.StartAsync(DashboardServer.Options with { OtlpUrl = new Uri($"http://127.0.0.1:{port}") }));
    }

    [Fact]
    public async Task Start_PortZero_NamesTheOnesTaken()
    {
        await using var server = await DashboardServer.StartAsync();

        Assert.NotEqual(0, server.Host.Url.Port);
        Assert.NotEqual(0, server.Host.OtlpUrl.Port);
        Assert.NotEqual(server.Host.Url.Port, server.Host.OtlpUrl.Port);
        Assert.Equal($"{server.Host.Url}login?t={DashboardServer.Token}", server.Host.LoginUrl.AbsoluteUri);
    }

    [Fact]
    public async Task Start_Localhost_AnswersOnBothAddressFamilies()
    {
        var port = FreePort();
        await using var server = await DashboardServer.StartAsync(DashboardServer.Options with { FrontendUrl = new Uri($"http://localhost:{port}") });

        Assert.Equal($"http://localhost:{port}/", server.Host.Url.AbsoluteUri);
        foreach (var host in Socket.OSSupportsIPv6 ? ["127.0.0.1", "[::1]"] : new[] { "127.0.0.1" })
        {
            using var answer = await server.Anonymous.GetAsync($"http://{host}:{port}/", Cancellation);
            Assert.Equal(HttpStatusCode.Redirect, answer.StatusCode);
        }
    }

    [Theory]
    [InlineData("evil.example")]
    [InlineData("localhost.evil.example")]
    [InlineData("192.168.0.1")]
    public async Task Request_ForeignHostName_Answers421(string host)
    {
        await using var server = await DashboardServer.StartAsync(DashboardServer.Options with { AllowAnonymous = true });
        foreach (var url in new[] { server.Host.Url, server.Host.OtlpUrl })
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, url);
            request.Headers.Host = host;

            using var answer = await server.Anonymous.SendAsync(request, Cancellation);

            Assert.Equal(HttpStatusCode.MisdirectedRequest, answer.StatusCode);
        }
    }

    [Fact]
    public async Task Answer_Always_CarriesTheSecurityHeaders()
    {
        await using var server = await DashboardServer.StartAsync();
        using var client = await server.LogInAsync();
        foreach (var path in new[] { "/", "/login", "/assets/app.js", "/api/logs", "/nothing" })
        {
            using var answer = await client.GetAsync(path, Cancellation);

            var policy = answer.Headers.GetValues("Content-Security-Policy").Single();
            Assert.Contains("default-src 'none'", policy, StringComparison.Ordinal);
            Assert.DoesNotContain("unsafe", policy, StringComparison.Ordinal);
            Assert.DoesNotContain("http", policy, StringComparison.Ordinal);
            Assert.Equal("nosniff", answer.Headers.GetValues("X-Content-Type-Options").Single());
            Assert.Equal("DENY", answer.Headers.GetValues("X-Frame-Options").Single());
            Assert.Equal("same-origin", answer.Headers.GetValues("Referrer-Policy").Single());
            Assert.False(answer.Headers.Contains("Server"));
            Assert.False(answer.Headers.Contains("Access-Control-Allow-Origin"));
        }
    }

    [Theory]
    [InlineData("/nothing", HttpStatusCode.NotFound)]
    [InlineData("/api/nothing", HttpStatusCode.NotFound)]
    [InlineData("/assets/nothing.js", HttpStatusCode.NotFound)]
    [InlineData("/assets/index.html", HttpStatusCode.NotFound)]
    [InlineData("/assets/../index.html", HttpStatusCode.NotFound)]
    public async Task Request_UnknownPath_Answers404(string path, HttpStatusCode status)
    {
        await using var server = await DashboardServer.StartAsync();
        using var client = await server.LogInAsync();

        using var answer = await client.GetAsync(path, Cancellation);

        Assert.Equal(status, answer.StatusCode);
        Assert.Equal("application/json", answer.Content.Headers.ContentType?.MediaType);
    }

    [Fact]
    public async Task Request_WrongMethod_Answers405()
    {
        await using var server = await DashboardServer.StartAsync();
        using var client = await server.LogInAsPageAsync();

        using var answer = await client.DeleteAsync("/api/logs", Cancellation);

        Assert.Equal(HttpStatusCode.MethodNotAllowed, answer.StatusCode);
    }

    [Fact]
    public async Task Asset_SameVersionKept_Answers304()
    {
        await using var server = await DashboardServer.StartAsync();
        using var first = await server.Anonymous.GetAsync("/assets/app.js", Cancellation);
        using var request = new HttpRequestMessage(HttpMethod.Get, "/assets/app.js");
        request.Headers.IfNoneMatch.Add(first.Headers.ETag!);

        using var second = await server.Anonymous.SendAsync(request, Cancellation);

        Assert.Equal("text/javascript", first.Content.Headers.ContentType?.MediaType);
        Assert.Equal(HttpStatusCode.NotModified, second.StatusCode);
    }

    [Fact]
    public async Task Dispose_StreamsOpen_EndsThemAndReturns()
    {
        var server = await DashboardServer.StartAsync();
        using var client = await server.LogInAsync();
        using var events = await EventReader.OpenAsync(client, "/api/live?console=x&telemetry=1");
        await events.NextAsync("hello");

        await server.DisposeAsync();

        // The stream ends, cleanly or not; what matters is that nobody waits for it.
        await Assert.ThrowsAnyAsync<Exception>(async () => await events.NextAsync("never"));
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
