using System.Text.Json;
using System.Text.Json.Nodes;
using IdentityAuth.Tests.Infrastructure;
using IdentitySimulator;

namespace IdentityAuth.Tests.Features;

public sealed class AuthenticateWithWebAuthnTests(FactorsApp app) : IClassFixture<FactorsApp>, IDisposable
{
    private readonly SoftwareAuthenticator _authenticator = new(FactorsApp.Origin, FactorsApp.RpId);

    public static TheoryData<string, SoftwareAuthenticator.Quirks> Faults => new()
    {
        { "bad signature", new() { BreakSignature = true } },
        { "nobody verified", new() { UserVerified = false } },
        { "nobody present", new() { UserPresent = false } },
        { "foreign origin", new() { Origin = "https://evil.example" } },
        { "foreign relying party", new() { RpId = "evil.example" } },
        { "in a frame", new() { CrossOrigin = true } },
        { "another type", new() { Type = "webauthn.create" } },
        { "somebody else's handle", new() { UserHandle = "1"u8.ToArray() } },
        { "empty handle", new() { UserHandle = [] } },
        { "unknown credential", new() { SentId = new byte[16] } },
        { "another challenge", new() { Challenge = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8" } },
    };

    public void Dispose() => _authenticator.Dispose();

    [Fact]
    public async Task AuthenticateWithWebAuthn_Passkey_SignsInWithoutAnythingElse()
    {
        // A second factor and an address that was never used: neither matters.
        var person = await (await Person.RegisterAsync(app)).WithTotpAsync();
        await person.WithCredentialAsync(_authenticator);
        using var elsewhere = app.App.CreateClient();
        var options = await OptionsAsync();

        using var response = await elsewhere.PostAsync(
            "/v1/auth/webauthn/authenticate", new { response = _authenticator.Get(options), challenge = options.Text("challenge") });

        Assert.Equal(person.UserId, (await response.JsonAsync(200)).Text("user_id"));
        Assert.Contains("\"passkey\"", (await app.App.EventBodiesAsync("SessionCreated", person.UserId))[^1].GetRawText(), StringComparison.Ordinal);
        using var credentials = await person.GetAsync("/v1/users/@me/mfa/webauthn/credentials");
        Assert.NotEqual(JsonValueKind.Null, (await credentials.JsonAsync(200))[0].GetProperty("last_used_at").ValueKind);
    }

    [Fact]
    public async Task AuthenticateWithWebAuthn_NoUserHandle_SignsIn()
    {
        var person = await Person.RegisterAsync(app);
        await person.WithCredentialAsync(_authenticator);

        using var response = await SignInAsync(await OptionsAsync(), new() { OmitUserHandle = true });

        await response.JsonAsync(200);
    }

    [Theory]
    [MemberData(nameof(Faults))]
    public async Task AuthenticateWithWebAuthn_OneThingWrong_IsRefusedAndTheChallengeIsBurnt(string fault, SoftwareAuthenticator.Quirks quirks)
    {
        Assert.NotEmpty(fault);
        app.Client.Address = TestClient.NewAddress();
        var person = await Person.RegisterAsync(app);
        await person.WithCredentialAsync(_authenticator);
        var options = await OptionsAsync();

        using var refused = await SignInAsync(options, quirks);
        using var again = await SignInAsync(options);

        await refused.AssertProblemAsync(401, "PASSKEY_AUTHENTICATION_FAILED");
        await again.AssertProblemAsync(401, "PASSKEY_AUTHENTICATION_FAILED");
        Assert.Equal(1, await person.SessionsAsync());
        Assert.Equal(2, await FailuresAsync("user_id IS NULL AND detail = 'credentials'"));
    }

    [Fact]
    public async Task AuthenticateWithWebAuthn_Replayed_IsRefused()
    {
        var person = await Person.RegisterAsync(app);
        await person.WithCredentialAsync(_authenticator);
        var options = await OptionsAsync();
        var assertion = _authenticator.Get(options).ToJsonString();
        using var first = await SendAsync(JsonNode.Parse(assertion)!.AsObject(), options.Text("challenge"));
        await first.JsonAsync(200);

        using var second = await SendAsync(JsonNode.Parse(assertion)!.AsObject(), options.Text("challenge"));

        await second.AssertProblemAsync(401, "PASSKEY_AUTHENTICATION_FAILED");
    }

    [Fact]
    public async Task AuthenticateWithWebAuthn_ChallengeOfASecondFactor_IsRefused()
    {
        var person = await Person.RegisterAsync(app);
        await person.WithCredentialAsync(_authenticator);
        using var answer = await app.Client.PostAsync("/v1/auth/login/mfa/webauthn/authentication-options", new { ticket = await person.TicketAsync() });

        using var response = await SignInAsync(await answer.JsonAsync(200));

        await response.AssertProblemAsync(401, "PASSKEY_AUTHENTICATION_FAILED");
    }

    [Fact]
    public async Task AuthenticateWithWebAuthn_RemovedKey_IsRefused()
    {
        var person = await Person.RegisterAsync(app);
        await person.WithCredentialAsync(_authenticator);
        await app.ExecuteAsync("DELETE FROM webauthn_credentials WHERE user_id = @Id", new { person.Id });

        using var response = await SignInAsync(await OptionsAsync());

        await response.AssertProblemAsync(401, "PASSKEY_AUTHENTICATION_FAILED");
    }

    [Theory]
    [InlineData("banned_until = now() + interval '400 days'", "ACCOUNT_SUSPENDED_TEMPORARILY")]
    [InlineData("flags = 1", "ACCOUNT_SUSPENDED_PERMANENTLY")]
    [InlineData("is_bot = true", "BOT_USER_AUTH_ENDPOINT_ACCESS_DENIED")]
    public async Task AuthenticateWithWebAuthn_AccountThatNobodySignsInTo_IsTold(string assignment, string code)
    {
        var person = await Person.RegisterAsync(app);
        await person.WithCredentialAsync(_authenticator);
        await app.ExecuteAsync($"UPDATE users SET {assignment} WHERE id = @Id", new { person.Id });

        app.Client.Address = TestClient.NewAddress();
        using var response = await SignInAsync(await OptionsAsync());

        await response.AssertProblemAsync(403, code);
        Assert.Equal(1, await FailuresAsync($"user_id = {person.Id} AND detail = 'suspended'"));
    }

    [Theory]
    [InlineData("", "response=INVALID_FORMAT", "challenge=INVALID_FORMAT")]
    [InlineData("""{"response":null,"challenge":""}""", "response=INVALID_FORMAT", "challenge=INVALID_FORMAT")]
    [InlineData("""{"response":"{}","challenge":"c"}""", "response=INVALID_FORMAT")]
    public async Task AuthenticateWithWebAuthn_BadBody_IsRefused(string body, params string[] errors)
    {
        using var response = await app.Client.PostAsync("/v1/auth/webauthn/authenticate", body);

        await response.AssertFieldsAsync(errors);
    }

    [Theory]
    [InlineData("""{"id":"x"}""")]
    [InlineData("""{"id":"AAAA","rawId":"AAAA","type":"public-key","response":{"clientDataJSON":"e30","authenticatorData":"AA","signature":"AA"}}""")]
    [InlineData("""{"id":"\ud800","rawId":"AAAA","type":"public-key","response":{}}""")]
    [InlineData("""{"id":"AAAA","rawId":"AAAA","type":"\ud800blic-key","response":{}}""")]
    [InlineData("""{"deep":{"deep":{"deep":{"deep":1}}}}""")]
    public async Task AuthenticateWithWebAuthn_ResponseThatIsNone_IsRefusedLikeAnyOther(string response)
    {
        var options = await OptionsAsync();
        using var answer = await app.Client.PostAsync(
            "/v1/auth/webauthn/authenticate", $$"""{"response":{{response}},"challenge":"{{options.Text("challenge")}}"}""");

        await answer.AssertProblemAsync(401, "PASSKEY_AUTHENTICATION_FAILED");
    }

    [Fact]
    public async Task AuthenticateWithWebAuthn_OneChallenge200InParallel_OneSession()
    {
        var person = await Person.RegisterAsync(app);
        await person.WithCredentialAsync(_authenticator);
        var options = await OptionsAsync();
        var assertion = _authenticator.Get(options).ToJsonString();

        var outcomes = await Race.RunAsync(200, _ => SendAsync(JsonNode.Parse(assertion)!.AsObject(), options.Text("challenge")));

        Assert.Single(outcomes, "200");
        Assert.Equal(199, outcomes.Count(outcome => outcome == "401"));
        Assert.Equal(2, await person.SessionsAsync());
    }

    [Fact]
    public async Task AuthenticateWithWebAuthn_OneCounterValue200InParallel_OneSession()
    {
        // A copied authenticator: every assertion has its own challenge and the same counter.
        var person = await Person.RegisterAsync(app);
        await person.WithCredentialAsync(_authenticator);
        var assertions = new List<(JsonObject Response, string Challenge)>();
        for (var i = 0; i < 200; i++)
        {
            var options = await OptionsAsync();
            assertions.Add((_authenticator.Get(options, new() { SignCount = 1 }), options.Text("challenge")));
        }

        var outcomes = await Race.RunAsync(200, i => SendAsync(assertions[i].Response, assertions[i].Challenge));

        Assert.Single(outcomes, "200");
        Assert.Equal(2, await person.SessionsAsync());
    }

    private Task<long> FailuresAsync(string condition)
        => app.CountAsync($"SELECT count(*) FROM audit_log WHERE action = 'sign_in_failed' AND ip = @ip AND {condition}", new { ip = app.Client.Address });

    private async Task<JsonElement> OptionsAsync()
    {
        using var response = await app.Client.PostAsync("/v1/auth/webauthn/authentication-options");
        return await response.JsonAsync(200);
    }

    private Task<HttpResponseMessage> SignInAsync(JsonElement options, SoftwareAuthenticator.Quirks? quirks = null)
        => SendAsync(_authenticator.Get(options, quirks), options.Text("challenge"));

    private Task<HttpResponseMessage> SendAsync(JsonObject response, string challenge)
        => app.Client.PostAsync("/v1/auth/webauthn/authenticate", new { response, challenge });
}
