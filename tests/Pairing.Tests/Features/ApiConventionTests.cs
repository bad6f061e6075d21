using System.Net;
using Pairing.Tests.Infrastructure;

namespace Pairing.Tests.Features;

/// <summary>What holds for every answer: errors, CORS, correlation id, paths, the description.</summary>
public sealed class ApiConventionTests(PairingApp app)
{
    [Theory]
    [InlineData("GET", "/")]
    [InlineData("GET", "/mobile/v1/pairing")]
    [InlineData("POST", "/mobile/v1/pairing/init/")]
    [InlineData("POST", "/mobile/v1/pairing/complete/")]
    [InlineData("POST", "/tenants/v1/pairing/")]
    [InlineData("GET", "/.well-known/jwks.json/")]
    [InlineData("GET", "/tenants/v1/pairing/status")]
    [InlineData("POST", "/admin/v1/tenants/x")]
    [InlineData("DELETE", "/nothing")]
    public async Task UnknownPath_AnyMethod_IsNotFound(string method, string path)
    {
        using var response = await app.Client.SendAsync(new HttpRequestMessage(new HttpMethod(method), path), TestContext.Current.CancellationToken);
        await response.AssertProblemAsync(404, "Not found", "not_found");
    }

    [Theory]
    [InlineData("GET", "/mobile/v1/pairing/init", "POST")]
    [InlineData("PUT", "/mobile/v1/pairing/complete", "POST")]
    [InlineData("GET", "/tenants/v1/pairing", "POST")]
    [InlineData("POST", "/.well-known/jwks.json", "GET")]
    [InlineData("DELETE", "/actuator/health", "GET")]
    public async Task KnownPath_WrongMethod_IsNotAllowed(string method, string path, string allowed)
    {
        using var response = await app.Client.SendAsync(new HttpRequestMessage(new HttpMethod(method), path), TestContext.Current.CancellationToken);
        await response.AssertProblemAsync(405, "Method not allowed", "method_not_allowed");
        Assert.Equal([allowed], response.Content.Headers.Allow);
    }

    [Theory]
    [InlineData("/mobile/v1/pairing/init")]
    [InlineData("/tenants/v1/pairing")]
    [InlineData("/nowhere")]
    public async Task Options_AnyPath_Is204(string path)
    {
        using var plain = await app.Client.SendAsync(new HttpRequestMessage(HttpMethod.Options, path), TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.NoContent, plain.StatusCode);

        using var preflight = new HttpRequestMessage(HttpMethod.Options, path);
        preflight.Headers.Add("Origin", "https://login.example");
        preflight.Headers.Add("Access-Control-Request-Method", "POST");
        preflight.Headers.Add("Access-Control-Request-Headers", "authorization,content-type,x-api-key");
        using var response = await app.Client.SendAsync(preflight, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.NoContent, response.StatusCode);
        Assert.Equal("*", Header(response, "Access-Control-Allow-Origin"));
        Assert.Contains("POST", Header(response, "Access-Control-Allow-Methods"), StringComparison.Ordinal);
        Assert.Contains("authorization", Header(response, "Access-Control-Allow-Headers"), StringComparison.OrdinalIgnoreCase);
        Assert.False(response.Headers.Contains("Access-Control-Allow-Credentials"));
    }

    [Theory]
    [InlineData("/.well-known/jwks.json")]
    [InlineData("/nowhere")]
    [InlineData("/tenants/v1/users/x/devices")]
    public async Task Cors_AnyOrigin_IsAllowedOnAnswersAndErrors(string path)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.Add("Origin", "https://login.example");
        using var response = await app.Client.SendAsync(request, TestContext.Current.CancellationToken);
        Assert.Equal("*", Header(response, "Access-Control-Allow-Origin"));
        Assert.Contains("X-Correlation-Id", Header(response, "Access-Control-Expose-Headers"), StringComparison.Ordinal);
        Assert.False(response.Headers.Contains("Access-Control-Allow-Credentials"));
    }

    [Fact]
    public async Task CorrelationId_Valid_IsReturnedAndGoesToTheEvents()
    {
        var tenant = await app.CreateTenantAsync();
        using var request = new HttpRequestMessage(HttpMethod.Post, "/tenants/v1/pairing")
        {
            Content = new StringContent($$"""{"userId":"{{Guid.NewGuid()}}","username":"a"}""", System.Text.Encoding.UTF8, "application/json"),
        };
        var id = $"test.{Guid.NewGuid():N}_-";
        request.Headers.Add("X-API-Key", tenant.ApiKey);
        request.Headers.Add("X-Correlation-Id", id);
        using var response = await app.Client.SendAsync(request, TestContext.Current.CancellationToken);
        Assert.Equal(id, Header(response, "X-Correlation-Id"));
        Assert.Equal(1, await app.CountAsync("SELECT count(*) FROM outbox WHERE correlation_id = @id", new { id }));
    }

    [Theory]
    [InlineData("has space")]
    [InlineData("ümlaut")]
    [InlineData("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")]
    public async Task CorrelationId_NotValid_IsReplaced(string id)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/nowhere");
        request.Headers.TryAddWithoutValidation("X-Correlation-Id", id);
        using var response = await app.Client.SendAsync(request, TestContext.Current.CancellationToken);
        Assert.True(Guid.TryParse(Header(response, "X-Correlation-Id"), out _));
    }

    [Fact]
    public async Task Health_ServersThere_IsUp()
    {
        using var response = await app.Client.GetAsync("/actuator/health", TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("""{"status":"UP"}""", await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        using var health = await app.Client.GetAsync("/health", TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.OK, health.StatusCode);
    }

    [Fact]
    public async Task OpenApi_EverythingIsDescribed()
    {
        using var response = await app.Client.GetAsync("/openapi/v1.json", TestContext.Current.CancellationToken);
        var document = await response.JsonAsync();
        var paths = document.GetProperty("paths").EnumerateObject().ToList();

        Assert.Equal(
            [
                "/.well-known/jwks.json", "/actuator/health", "/admin/v1/tenants", "/mobile/v1/pairing/complete", "/mobile/v1/pairing/init", "/tenants/v1/pairing",
                "/tenants/v1/pairing/status/{jti}", "/tenants/v1/pairing/status/{jti}/events", "/tenants/v1/users/{userId}/devices", "/tenants/v1/users/{userId}/devices/{deviceId}",
            ],
            paths.Select(path => path.Name).Order(StringComparer.Ordinal));
        foreach (var operation in paths.SelectMany(path => path.Value.EnumerateObject()).Select(one => one.Value))
        {
            Assert.NotEmpty(operation.Text("operationId"));
            Assert.NotEmpty(operation.Text("summary"));
            Assert.NotEmpty(operation.Text("description"));
            Assert.All(operation.GetProperty("responses").EnumerateObject(), answer => Assert.NotEmpty(answer.Value.Text("description")));
            if (operation.TryGetProperty("parameters", out var parameters))
            {
                Assert.All(parameters.EnumerateArray(), parameter => Assert.NotEmpty(parameter.Text("description")));
            }
        }

        var schemas = document.GetProperty("components").GetProperty("schemas");
        Assert.True(schemas.EnumerateObject().Count() >= 8);
        foreach (var schema in schemas.EnumerateObject())
        {
            Assert.True(schema.Value.TryGetProperty("description", out _), schema.Name);
            foreach (var property in schema.Value.GetProperty("properties").EnumerateObject())
            {
                Assert.True(property.Value.TryGetProperty("description", out _) || property.Value.TryGetProperty("$ref", out _), $"{schema.Name}.{property.Name}");
            }
        }

        // A code that can be answered is in the description of its operation.
        var init = document.GetProperty("paths").GetProperty("/mobile/v1/pairing/init").GetProperty("post").GetProperty("responses");
        Assert.Contains("pairing_already_initialized", init.GetProperty("400").Text("description"), StringComparison.Ordinal);
        Assert.Contains("invalid_token", init.GetProperty("401").Text("description"), StringComparison.Ordinal);
        Assert.Contains("rate_limited", init.GetProperty("429").Text("description"), StringComparison.Ordinal);
        Assert.Equal("http://localhost:8080", document.GetProperty("servers")[0].Text("url"));
    }

    private static string Header(HttpResponseMessage response, string name) => string.Join(',', response.Headers.GetValues(name));
}
