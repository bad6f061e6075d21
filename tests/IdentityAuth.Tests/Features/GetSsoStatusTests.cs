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
    public async Task GetSsoStatus_ProviderCannotBeReached_NobodyGetsInByItOrAroundIt()
    {
        await using var sso = await SsoApp.StartAsync(null, ("Enforced", "true"), ("Issuer", "http://localhost:1"));

        using var response = await sso.Client.GetAsync("/v1/auth/sso/status");
        using var login = await sso.Client.LoginAsync("nobody@example.test");

        var status = await response.JsonAsync(200);
        Assert.Equal((false, true), (status.GetProperty("enabled").GetBoolean(), status.GetProperty("enforced").GetBoolean()));
        await login.AssertProblemAsync(403, "SSO_REQUIRED");
    }

    /// <summary>Whoever asks first brings the fetch about; it is not his.</summary>
    [Fact]
    public async Task GetSsoStatus_AskerLeavesDuringTheFirstFetch_TheFetchGoesOn()
    {
        var silence = new TaskCompletionSource();
        await using var sso = await SsoApp.StartAsync(new() { Silence = silence.Task });
        using var leaving = new CancellationTokenSource();
        var first = sso.Client.GetUntilAsync("/v1/auth/sso/status", leaving.Token);
        await Eventually.IsTrueAsync(() => Task.FromResult(sso.Provider.OpenDiscoveries == 1), "the provider is not asked");

        await leaving.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        silence.SetResult();

        using var second = await sso.Client.GetAsync("/v1/auth/sso/status");
        Assert.True((await second.JsonAsync(200)).GetProperty("enabled").GetBoolean());
        Assert.Equal(1, sso.Provider.Discoveries);
    }

    [Fact]
    public async Task GetSsoStatus_ManyAskASilentProviderWithoutUse_TakeOneResult()
    {
        var (silence, clock) = (new TaskCompletionSource(), new FakeClock());
        await using var sso = await SsoApp.StartAsync(new() { Silence = silence.Task, DiscoveredIssuer = "https://other.example" }, clock);
        var calls = Enumerable.Range(0, 10).Select(_ => sso.Client.GetAsync("/v1/auth/sso/status")).ToList();
        await Eventually.IsTrueAsync(() => Task.FromResult(sso.Provider.OpenDiscoveries == 1), "the provider is not asked");

        // Longer than the time between two tries: that one runs from the end of the last.
        clock.Advance(TimeSpan.FromSeconds(14));
        silence.SetResult();

        foreach (var response in await Task.WhenAll(calls))
        {
            Assert.False((await response.JsonAsync(200)).GetProperty("enabled").GetBoolean());
        }

        Assert.Equal(1, sso.Provider.Discoveries);
        clock.Advance(TimeSpan.FromSeconds(10));
        using var later = await sso.Client.GetAsync("/v1/auth/sso/status");
        Assert.Equal(2, sso.Provider.Discoveries);
    }

    [Fact]
    public async Task SsoEnforcement_ProviderSilentAtTheStart_LocalSignInIsClosedAtOnce()
    {
        var silence = new TaskCompletionSource();
        await using var sso = await SsoApp.StartAsync(new() { Silence = silence.Task }, ("Enforced", "true"));

        using var login = await sso.Client.LoginAsync("nobody@example.test");

        await login.AssertProblemAsync(403, "SSO_REQUIRED");
        await Eventually.IsTrueAsync(() => Task.FromResult(sso.Provider.Discoveries == 1), "the provider is not asked at the start");
        silence.SetResult();
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
