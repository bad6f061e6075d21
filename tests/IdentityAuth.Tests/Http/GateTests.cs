using IdentityAuth.Http;
using IdentityAuth.Sso;
using IdentityAuth.Tests.Infrastructure;
using Microsoft.Extensions.DependencyInjection;

namespace IdentityAuth.Tests.Http;

/// <summary>The order of checks (contract §1.7): ban, single sign-on, challenge.</summary>
public sealed class GateTests(IdentityApp app)
{
    [Fact]
    public async Task Gate_ChallengeSwitchedOn_WantsTheSolutionBeforeTheBodyIsRead()
    {
        await using var own = await IdentityApp.StartAsync(Settings(("Captcha:Provider", "test"), ("Captcha:TestSolution", "solved")), sameServersAs: app);
        using var client = own.CreateClient();

        foreach (var path in new[] { "/v1/auth/register", "/v1/auth/login", "/v1/auth/forgot" })
        {
            using var none = await client.PostAsync(path, "{}");
            await none.AssertProblemAsync(400, "CAPTCHA_REQUIRED");
            using var wrong = await client.PostAsync(path, "{}", null, ("X-Captcha-Token", "guess"));
            await wrong.AssertProblemAsync(400, "INVALID_CAPTCHA");
            using var right = await client.PostAsync(path, "{}", null, ("X-Captcha-Token", "solved"), ("X-Captcha-Type", "unknown"));
            await right.AssertProblemAsync(400, "INVALID_FORM_BODY");
        }

        using var others = await client.PostAsync("/v1/auth/reset", "{}");
        await others.AssertProblemAsync(400, "INVALID_FORM_BODY");
    }

    [Theory]
    [InlineData(200, "{\"success\":true}", 400, "INVALID_FORM_BODY")]
    [InlineData(200, "{\"success\":false}", 400, "INVALID_CAPTCHA")]
    [InlineData(200, "[]", 400, "INVALID_CAPTCHA")]
    [InlineData(200, "no JSON", 400, "INVALID_CAPTCHA")]
    [InlineData(500, "{\"success\":true}", 503, "SERVICE_UNAVAILABLE")]
    public async Task Gate_ChallengeAtAProvider_ItsAnswerDecides(int providerStatus, string providerBody, int status, string code)
    {
        var provider = new CaptchaProvider(providerStatus, providerBody);
        await using var own = await IdentityApp.StartAsync(
            Settings(("Captcha:Provider", "hcaptcha"), ("Captcha:HcaptchaSecret", "the-secret")),
            configure: services => services.AddHttpClient(Captcha.HttpClientName).ConfigurePrimaryHttpMessageHandler(() => provider),
            sameServersAs: app);
        using var client = own.CreateClient("192.0.2.9");

        using var response = await client.PostAsync("/v1/auth/login", "{}", null, ("X-Captcha-Token", "solution"), ("X-Captcha-Type", "turnstile"));

        await response.AssertProblemAsync(status, code);
        // The one that is configured, whatever the client names.
        Assert.Equal(("api.hcaptcha.com", "secret=the-secret&response=solution&remoteip=192.0.2.9"), (provider.Host, provider.Form));
    }

    [Fact]
    public async Task Gate_BannedNetwork_RefusedOnEveryOperation()
    {
        await using var own = await IdentityApp.StartAsync(Settings(("BannedNetworks:0", "192.0.2.0/24")), sameServersAs: app);
        using var banned = own.CreateClient("192.0.2.7");
        using var neighbour = own.CreateClient("192.0.3.7");

        using var refused = await banned.GetAsync("/.well-known/fluxer");
        using var served = await neighbour.GetAsync("/.well-known/fluxer");

        await refused.AssertProblemAsync(403, "IP_BANNED");
        await served.JsonAsync(200);
    }

    [Fact]
    public async Task Gate_SessionOfABot_Refused()
    {
        using var client = app.CreateClient();
        var account = await client.RegisterAsync();
        await app.ChangeUserAsync(account.Id, "is_bot = true");

        using var response = await account.GetAsync("/v1/auth/sessions");

        await response.AssertProblemAsync(403, "ACCESS_DENIED");
    }

    [Fact]
    public async Task Gate_SsoEnforced_LocalSignInIsOffBeforeAnythingElse()
    {
        await using var own = await IdentityApp.StartAsync(sameServersAs: app, configure: services => services.AddSingleton<ISsoGate, EnforcedSso>());
        using var client = own.CreateClient();

        foreach (var path in new[]
        {
            "register", "login", "verify", "verify/resend", "forgot", "reset", "email-revert", "username-suggestions",
        })
        {
            using var response = await client.PostAsync($"/v1/auth/{path}", "{}");
            await response.AssertProblemAsync(403, "SSO_REQUIRED");
        }

        foreach (var path in new[] { "logout", "handoff/initiate" })
        {
            using var response = await client.PostAsync($"/v1/auth/{path}", "{}");
            Assert.NotEqual(403, (int)response.StatusCode);
        }
    }

    private static Dictionary<string, string?> Settings(params (string Name, string Value)[] settings)
        => settings.ToDictionary(setting => $"IdentityAuth:{setting.Name}", string? (setting) => setting.Value, StringComparer.Ordinal);

    private sealed class CaptchaProvider(int status, string body) : HttpMessageHandler
    {
        public string Host { get; private set; } = "";

        public string Form { get; private set; } = "";

        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            Host = request.RequestUri!.Host;
            Form = await request.Content!.ReadAsStringAsync(cancellationToken);
            return new HttpResponseMessage((System.Net.HttpStatusCode)status) { Content = new StringContent(body) };
        }
    }

    private sealed class EnforcedSso : ISsoGate
    {
        public bool IsEnforced => true;

        public ValueTask<SsoStatusResponse> GetStatusAsync(CancellationToken cancellationToken)
            => ValueTask.FromResult(new SsoStatusResponse(Enabled: true, Enforced: true, "Test", "http://localhost:8080/auth/sso/callback"));
    }
}
