using System.Net;
using System.Text.Json;
using Gateway.Tests.Support;
using Microsoft.AspNetCore.Http;

namespace Gateway.Tests.Documents;

public sealed class DocumentTests
{
    private const string Document = """{"openapi":"3.1.1","servers":[{"url":"http://127.0.0.1:1"}],"paths":{"/mobile/v1/pairing/init":{}}}""";

    [Theory]
    [InlineData("pairing")]
    [InlineData("identity-auth")]
    [InlineData("device-registry")]
    [InlineData("scope-signing")]
    public async Task OpenApi_DeployedService_IsItsDocumentWithTheGatewayAsServer(string name)
    {
        await using var service = await StubService.StartAsync();
        service.Handler = context => context.Response.WriteAsync(Document);
        await using var gateway = GatewayHost.Start(new Dictionary<string, string?> { [$"services:{name}:http:0"] = service.Address.ToString() });

        using var response = await GetAsync(gateway, $"/openapi/{name}.json");

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("application/json", response.Content.Headers.ContentType!.MediaType);
        Assert.Equal("/openapi/v1.json", Assert.Single(service.Requests).Target);
        using var document = JsonDocument.Parse(await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        Assert.Equal(GatewayHost.BaseUrl, Assert.Single(document.RootElement.GetProperty("servers").EnumerateArray()).GetProperty("url").GetString());
        Assert.True(document.RootElement.GetProperty("paths").TryGetProperty("/mobile/v1/pairing/init", out _));
    }

    [Theory]
    [InlineData("not json")]
    [InlineData("[]")]
    [InlineData("")]
    [InlineData("null")]
    public async Task OpenApi_ServiceHasNoSuchDocument_IsUnavailable(string answer)
    {
        await using var service = await StubService.StartAsync();
        service.Handler = context => context.Response.WriteAsync(answer);
        await using var gateway = GatewayHost.StartInFrontOf(service);

        using var response = await GetAsync(gateway, "/openapi/pairing.json");

        Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType!.MediaType);
    }

    [Fact]
    public async Task OpenApi_OneInstanceGone_IsTheOthers()
    {
        await using var service = await StubService.StartAsync();
        service.Handler = context => context.Response.WriteAsync(Document);
        await using var gone = await StubService.StartAsync();
        await gone.StopAsync();
        await using var gateway = GatewayHost.Start(new Dictionary<string, string?>
        {
            ["services:pairing:http:0"] = gone.Address.ToString(),
            ["services:pairing:http:1"] = service.Address.ToString(),
        });

        Assert.Equal(HttpStatusCode.OK, (await GetAsync(gateway, "/openapi/pairing.json")).StatusCode);
    }

    [Theory]
    [InlineData("/docs/index.html", "text/html")]
    [InlineData("/docs/index.js", "application/javascript")]
    [InlineData("/docs/swagger-ui-bundle.js", "text/javascript")]
    [InlineData("/docs/swagger-ui.css", "text/css")]
    public async Task Docs_Page_IsServedFromHereUnderAStrictPolicy(string path, string mediaType)
    {
        await using var gateway = GatewayHost.Start();

        using var response = await GetAsync(gateway, path);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(mediaType, response.Content.Headers.ContentType!.MediaType);
        var policy = response.Headers.GetValues("Content-Security-Policy").Single();
        Assert.Contains("default-src 'none'; script-src 'self';", policy, StringComparison.Ordinal);
        Assert.Contains("frame-ancestors 'none'", policy, StringComparison.Ordinal);
        Assert.DoesNotContain("http", policy, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Docs_WithoutFile_LeadsToThePage()
    {
        await using var gateway = GatewayHost.Start();

        using var response = await GetAsync(gateway, "/docs");

        Assert.Equal(HttpStatusCode.MovedPermanently, response.StatusCode);
        Assert.Equal("docs/index.html", response.Headers.Location!.OriginalString);
    }

    [Fact]
    public async Task Docs_UnknownFile_IsNotFound()
    {
        await using var gateway = GatewayHost.Start();

        using var response = await GetAsync(gateway, "/docs/nothing.js");

        Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType!.MediaType);
    }

    [Fact]
    public async Task Docs_Page_ListsTheDeployedServices()
    {
        await using var service = await StubService.StartAsync();
        await using var gateway = GatewayHost.Start(new Dictionary<string, string?> { ["services:pairing:http:0"] = service.Address.ToString() });

        var script = await gateway.Client.GetStringAsync(gateway.AsWritten("/docs/index.js"), TestContext.Current.CancellationToken);

        Assert.Contains("/openapi/pairing.json", script, StringComparison.Ordinal);
        Assert.DoesNotContain("/openapi/scope-signing.json", script, StringComparison.Ordinal);
    }

    private static Task<HttpResponseMessage> GetAsync(GatewayHost gateway, string path)
        => gateway.Client.GetAsync(gateway.AsWritten(path), TestContext.Current.CancellationToken);
}
