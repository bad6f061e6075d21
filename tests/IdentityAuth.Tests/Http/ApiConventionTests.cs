using System.Text;
using IdentityAuth.Tests.Infrastructure;

namespace IdentityAuth.Tests.Http;

/// <summary>Contract §1.1, §1.5.</summary>
public sealed class ApiConventionTests(IdentityApp app)
{
    [Theory]
    [InlineData("GET", "/v1/nothing", 404, "NOT_FOUND")]
    [InlineData("GET", "/v1/auth/sessions/", 404, "NOT_FOUND")]
    [InlineData("GET", "/v1/auth/login", 405, "METHOD_NOT_ALLOWED")]
    [InlineData("PUT", "/v1/users/@me", 405, "METHOD_NOT_ALLOWED")]
    public async Task Path_UnknownOrWrongMethod_RefusedInTheShapeOfTheApi(string method, string path, int status, string code)
    {
        using var client = app.CreateClient();

        using var response = await client.SendAsync(new HttpMethod(method), path);

        await response.AssertProblemAsync(status, code);
    }

    [Theory]
    [InlineData(64 * 1024, 400)]
    [InlineData((64 * 1024) + 1, 413)]
    public async Task Body_AroundTheLimit_ReadOrRefused(int length, int status)
    {
        using var client = app.CreateClient();
        var body = "{\"email\":\"" + new string('x', length - 12) + "\"}";

        using var response = await client.PostAsync("/v1/auth/login", body);

        await response.AssertProblemAsync(status, status == 413 ? "PAYLOAD_TOO_LARGE" : "INVALID_FORM_BODY");
    }

    /// <summary>Operations that do not read a body refuse one that is too long all the same, behind the session.</summary>
    [Theory]
    [InlineData("/v1/auth/logout", false)]
    [InlineData("/v1/auth/handoff/initiate", false)]
    [InlineData("/v1/auth/webauthn/authentication-options", false)]
    [InlineData("/v1/auth/verify/resend", true)]
    [InlineData("/v1/auth/token", true)]
    [InlineData("/v1/users/@me/sudo/mfa/sms/send", true)]
    [InlineData("/v1/users/@me/sudo/webauthn/authentication-options", true)]
    [InlineData("/v1/users/@me/email-change/start", true)]
    [InlineData("/v1/users/@me/password-change/start", true)]
    public async Task Body_LongerThanTheLimitWhereNobodyReadsIt_IsRefused(string path, bool needsSession)
    {
        using var client = app.CreateClient();
        var account = await client.RegisterAsync();

        using var tooLong = await client.PostAsync(path, new string(' ', (64 * 1024) + 1), account.Token);
        using var within = await client.PostAsync(path, new string(' ', 64 * 1024), account.Token);
        using var anonymous = await client.PostAsync(path, new string(' ', (64 * 1024) + 1));

        await tooLong.AssertProblemAsync(413, "PAYLOAD_TOO_LARGE");
        Assert.NotEqual(413, (int)within.StatusCode);
        await anonymous.AssertProblemAsync(needsSession ? 401 : 413, needsSession ? "UNAUTHORIZED" : "PAYLOAD_TOO_LARGE");
    }

    [Fact]
    public async Task Body_NotUtf8OrHalfACharacter_IsNoJsonOrNoText()
    {
        using var client = app.CreateClient();

        using var bytes = await client.PostAsync("/v1/auth/forgot", Encoding.Latin1.GetBytes("{\"email\":\"ä@example.test\"}"));
        await bytes.AssertFieldsAsync("email=INVALID_FORMAT");
        using var surrogate = await client.PostAsync("/v1/auth/forgot", """{"email":"\ud800@example.test"}""");
        await surrogate.AssertFieldsAsync("email=INVALID_FORMAT");
        using var name = await client.PostAsync("/v1/auth/forgot", """{"email":"ada@example.test","\ud800":1}""");
        await name.AssertFieldsAsync("email=INVALID_FORMAT");
        using var within = await client.PostAsync("/v1/auth/forgot", """{"x":[{"\udc00-and-more":{}}],"email":"ada@example.test"}""");
        await within.AssertFieldsAsync("email=INVALID_FORMAT");
        using var deep = await client.PostAsync("/v1/auth/forgot", new string('[', 1000));
        await deep.AssertFieldsAsync("email=INVALID_FORMAT");
    }

    [Fact]
    public async Task Body_OtherMediaTypeOrNone_IsReadAllTheSame()
    {
        using var client = app.CreateClient();

        using var response = await client.PostAsync("/v1/auth/username-suggestions", Encoding.UTF8.GetBytes("""{"global_name":"Ada","unknown":1}"""));

        await response.JsonAsync(200);
    }

    [Fact]
    public async Task Text_ControlCharacters_AreTakenOut()
    {
        using var client = app.CreateClient();

        using var response = await client.PostAsync("/v1/auth/username-suggestions", """{"global_name":"\u0000A\u202Ed\u007Fa\u000B "}""");

        Assert.Equal("""{"suggestions":["Ada"]}""", (await response.JsonAsync(200)).GetRawText());
    }

    [Fact]
    public async Task Preflight_ConfiguredOrigin_IsAnsweredOthersAreNot()
    {
        using var client = app.CreateClient();

        using var ours = await PreflightAsync(client, "http://localhost:8080");
        using var theirs = await PreflightAsync(client, "https://elsewhere.example");

        Assert.Equal(204, (int)ours.StatusCode);
        Assert.Equal("http://localhost:8080", Assert.Single(ours.Headers.GetValues("Access-Control-Allow-Origin")));
        var allowed = string.Join(',', ours.Headers.GetValues("Access-Control-Allow-Headers"));
        Assert.All(
            ["Authorization", "Content-Type", "Accept-Language", "X-Captcha-Token", "X-Captcha-Type", "X-Fluxer-Platform", "X-Fluxer-Sudo-Mode-JWT"],
            (string header) => Assert.Contains(header, allowed, StringComparison.OrdinalIgnoreCase));
        Assert.False(theirs.Headers.Contains("Access-Control-Allow-Origin"));
    }

    [Fact]
    public async Task Answer_ToAPage_ExposesTheHeaders()
    {
        using var client = app.CreateClient();

        using var response = await client.SendAsync(HttpMethod.Get, "/v1/auth/sessions", null, null, ("Origin", "http://localhost:8080"));

        var exposed = string.Join(',', response.Headers.GetValues("Access-Control-Expose-Headers"));
        Assert.All(
            ["X-Fluxer-Sudo-Mode-JWT", "X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset", "X-RateLimit-Global", "Retry-After"],
            (string header) => Assert.Contains(header, exposed, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Options_WithoutPreflight_204()
    {
        using var client = app.CreateClient();

        using var response = await client.SendAsync(HttpMethod.Options, "/v1/auth/login");

        Assert.Equal(204, (int)response.StatusCode);
    }

    [Fact]
    public async Task Document_EveryOperation_IsDescribed()
    {
        using var client = app.CreateClient();

        using var response = await client.GetAsync("/openapi/v1.json");

        var document = System.Text.Json.JsonDocument.Parse(await response.Content.ReadAsStringAsync()).RootElement;
        var operations = document.GetProperty("paths").EnumerateObject().SelectMany(path => path.Value.EnumerateObject()).ToList();
        Assert.True(operations.Count >= 34, $"{operations.Count} operations");
        Assert.All(operations, operation => Assert.True(operation.Value.TryGetProperty("description", out var text) && text.GetString()!.Length > 20, operation.Value.GetRawText()));
    }

    private static Task<HttpResponseMessage> PreflightAsync(TestClient client, string origin)
        => client.SendAsync(HttpMethod.Options, "/v1/auth/login", null, null,
            ("Origin", origin), ("Access-Control-Request-Method", "POST"), ("Access-Control-Request-Headers", "authorization,content-type,x-fluxer-sudo-mode-jwt"));
}
