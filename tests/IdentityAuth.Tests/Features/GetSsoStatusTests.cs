using IdentityAuth.Tests.Infrastructure;
using IdentitySimulator;
using TestSupport;

namespace IdentityAuth.Tests.Features;

public sealed class GetSsoStatusTests(IdentityApp app)
{
    [Fact]
    public async Task GetSsoStatus_Off_SaysSo()
    {
        using var client = app.CreateClient();

        using var response = await client.GetAsync("/v1/auth/sso/status");

        Assert.Equal(
            """{"enabled":false,"enforced":false,"display_name":null,"redirect_uri":"http://localhost:8080/auth/sso/callback"}""",
            (await response.JsonAsync(200)).GetRawText());
    }

    [Fact]
    public async Task GetSsoStatus_Ready_NamesTheProviderAndNoSecret()
    {
        await using var sso = await SsoApp.StartAsync();

        using var response = await sso.Client.GetAsync("/v1/auth/sso/status");

        Assert.Equal(
            """{"enabled":true,"enforced":false,"display_name":"Example Inc.","redirect_uri":"http://localhost:8080/auth/sso/callback"}""",
            (await response.JsonAsync(200)).GetRawText());
    }

    [Fact]
    public async Task GetSsoStatus_ProviderFallsSilent_AnswersFromWhatIsKnown()
    {
        await using var provider = await OidcProvider.StartAsync();
        await using var own = await IdentityApp.StartAsync(
            new Dictionary<string, string?>(StringComparer.Ordinal)
            {
                ["IdentityAuth:Sso:Enabled"] = "true",
                ["IdentityAuth:Sso:Issuer"] = provider.Issuer,
                ["IdentityAuth:Sso:ClientId"] = OidcProvider.ClientId,
                ["IdentityAuth:Sso:AllowLocalAddresses"] = "true",
            },
            new FakeClock());
        using var client = own.CreateClient();
        using var first = await client.GetAsync("/v1/auth/sso/status");
        Assert.True((await first.JsonAsync(200)).GetProperty("enabled").GetBoolean());
        var silence = new TaskCompletionSource();
        provider.Behaviour = new() { Silence = silence.Task };
        own.FakeClock.Advance(TimeSpan.FromHours(1));

        using var second = await client.GetAsync("/v1/auth/sso/status");

        Assert.True((await second.JsonAsync(200)).GetProperty("enabled").GetBoolean());
        // It is asked anew, behind the answer: nobody waits for it.
        await Eventually.IsTrueAsync(() => Task.FromResult(provider.OpenDiscoveries == 1), "the provider is not asked any more");
        silence.SetResult();
        await Eventually.IsTrueAsync(() => Task.FromResult(provider.OpenDiscoveries == 0), "the provider did not answer");
    }

    [Fact]
    public async Task GetSsoStatus_Incomplete_IsNeitherEnabledNorEnforced()
    {
        await using var sso = await SsoApp.StartAsync(null, ("Enforced", "true"), ("Issuer", "http://localhost:1"));

        using var response = await sso.Client.GetAsync("/v1/auth/sso/status");
        using var login = await sso.Client.LoginAsync("nobody@example.test");

        var status = await response.JsonAsync(200);
        Assert.False(status.GetProperty("enabled").GetBoolean() || status.GetProperty("enforced").GetBoolean());
        await login.AssertFieldsAsync("email=INVALID_EMAIL_OR_PASSWORD", "password=INVALID_EMAIL_OR_PASSWORD");
    }

    /// <summary>"L" in contract §2: before anything else, so also with an empty body.</summary>
    [Fact]
    public async Task SsoEnforcement_LocalSignIn_IsRefusedAndTheRestIsNot()
    {
        await using var sso = await SsoApp.StartAsync(null, ("Enforced", "true"));
        string[] local =
        [
            "register", "login", "login/mfa/totp", "login/mfa/sms/send", "login/mfa/sms", "login/mfa/webauthn/authentication-options", "login/mfa/webauthn",
            "verify", "verify/resend", "forgot", "reset", "email-revert", "webauthn/authentication-options", "webauthn/authenticate", "username-suggestions",
        ];
        foreach (var path in local)
        {
            using var response = await sso.Client.PostAsync($"/v1/auth/{path}");
            await response.AssertProblemAsync(403, "SSO_REQUIRED");
        }

        foreach (var path in new[] { "logout", "handoff/initiate", "sso/start" })
        {
            using var response = await sso.Client.PostAsync($"/v1/auth/{path}");
            Assert.InRange((int)response.StatusCode, 200, 204);
        }
    }
}
