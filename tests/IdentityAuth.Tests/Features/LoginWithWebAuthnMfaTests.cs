using System.Text.Json;
using System.Text.Json.Nodes;
using IdentityAuth.Tests.Infrastructure;
using IdentitySimulator;

namespace IdentityAuth.Tests.Features;

public sealed class LoginWithWebAuthnMfaTests(FactorsApp app) : IClassFixture<FactorsApp>, IDisposable
{
    private readonly SoftwareAuthenticator _authenticator = new(FactorsApp.Origin, FactorsApp.RpId);

    public static TheoryData<string, SoftwareAuthenticator.Quirks> Faults => new()
    {
        { "bad signature", new() { BreakSignature = true } },
        { "nobody verified", new() { UserVerified = false } },
        { "foreign origin", new() { Origin = "https://evil.example" } },
        { "foreign relying party", new() { RpId = "evil.example" } },
        { "somebody else's handle", new() { UserHandle = "1"u8.ToArray() } },
        { "unknown credential", new() { SentId = new byte[16] } },
    };

    public void Dispose() => _authenticator.Dispose();

    [Theory]
    [InlineData(SoftwareAuthenticator.Es256)]
    [InlineData(SoftwareAuthenticator.EdDsa)]
    [InlineData(SoftwareAuthenticator.Rs256)]
    public async Task LoginWithWebAuthnMfa_RegisteredKey_SignsIn(int algorithm)
    {
        var person = await Person.RegisterAsync(app);
        await person.WithCredentialAsync(_authenticator, algorithm);
        var ticket = await person.TicketAsync();
        var options = await OptionsAsync(ticket);

        using var response = await LogInAsync(_authenticator.Get(options), options.Text("challenge"), ticket);

        Assert.Equal(person.UserId, (await response.JsonAsync(200)).Text("user_id"));
        Assert.Equal(_authenticator.CredentialIds, options.GetProperty("allowCredentials").EnumerateArray().Select(key => key.Text("id")));
        Assert.Contains("\"webauthn\"", (await app.App.EventBodiesAsync("SessionCreated", person.UserId))[^1].GetRawText(), StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Faults))]
    public async Task LoginWithWebAuthnMfa_OneThingWrong_IsRefusedAndTheTicketStays(string fault, SoftwareAuthenticator.Quirks quirks)
    {
        Assert.NotEmpty(fault);
        var person = await Person.RegisterAsync(app);
        await person.WithCredentialAsync(_authenticator);
        var ticket = await person.TicketAsync();
        var options = await OptionsAsync(ticket);

        using var refused = await LogInAsync(_authenticator.Get(options, quirks), options.Text("challenge"), ticket);
        await refused.AssertProblemAsync(401, "PASSKEY_AUTHENTICATION_FAILED");

        // The challenge is burnt, the ticket is not.
        using var burnt = await LogInAsync(_authenticator.Get(options), options.Text("challenge"), ticket);
        await burnt.AssertProblemAsync(401, "PASSKEY_AUTHENTICATION_FAILED");
        var fresh = await OptionsAsync(ticket);
        using var right = await LogInAsync(_authenticator.Get(fresh), fresh.Text("challenge"), ticket);
        await right.JsonAsync(200);
    }

    [Fact]
    public async Task LoginWithWebAuthnMfa_CounterDoesNotGrow_IsRefused()
    {
        var person = await Person.RegisterAsync(app);
        await person.WithCredentialAsync(_authenticator);
        using var first = await LogInAsync(person, new() { SignCount = 7 });
        await first.JsonAsync(200);

        using var same = await LogInAsync(person, new() { SignCount = 7 });
        using var less = await LogInAsync(person, new() { SignCount = 6 });
        using var none = await LogInAsync(person, new() { SignCount = 0 });
        using var more = await LogInAsync(person, new() { SignCount = 8 });

        await same.AssertProblemAsync(401, "PASSKEY_AUTHENTICATION_FAILED");
        await less.AssertProblemAsync(401, "PASSKEY_AUTHENTICATION_FAILED");
        await none.AssertProblemAsync(401, "PASSKEY_AUTHENTICATION_FAILED");
        await more.JsonAsync(200);
    }

    [Fact]
    public async Task LoginWithWebAuthnMfa_AnotherTicketsChallenge_IsRefused()
    {
        var person = await Person.RegisterAsync(app);
        await person.WithCredentialAsync(_authenticator);
        var options = await OptionsAsync(await person.TicketAsync());

        using var response = await LogInAsync(_authenticator.Get(options), options.Text("challenge"), await person.TicketAsync());

        await response.AssertProblemAsync(401, "PASSKEY_AUTHENTICATION_FAILED");
    }

    [Fact]
    public async Task LoginWithWebAuthnMfa_ChallengeOfAPasskeySignIn_IsRefused()
    {
        var person = await Person.RegisterAsync(app);
        await person.WithCredentialAsync(_authenticator);
        using var answer = await app.Client.PostAsync("/v1/auth/webauthn/authentication-options");
        var options = await answer.JsonAsync(200);

        using var response = await LogInAsync(_authenticator.Get(options), options.Text("challenge"), await person.TicketAsync());

        await response.AssertProblemAsync(401, "PASSKEY_AUTHENTICATION_FAILED");
    }

    [Fact]
    public async Task LoginWithWebAuthnMfa_SomebodyElsesKey_IsRefused()
    {
        var (person, other) = (await Person.RegisterAsync(app), await Person.RegisterAsync(app));
        using var othersKey = new SoftwareAuthenticator(FactorsApp.Origin, FactorsApp.RpId);
        await person.WithCredentialAsync(_authenticator);
        await other.WithCredentialAsync(othersKey);
        var ticket = await person.TicketAsync();
        var options = await OptionsAsync(ticket);

        using var response = await LogInAsync(othersKey.Get(options), options.Text("challenge"), ticket);

        await response.AssertProblemAsync(401, "PASSKEY_AUTHENTICATION_FAILED");
    }

    [Theory]
    [InlineData("{}", "response=INVALID_FORMAT", "challenge=INVALID_FORMAT", "ticket=INVALID_FORMAT")]
    [InlineData("""{"response":"x","challenge":"c","ticket":"t"}""", "response=INVALID_FORMAT")]
    [InlineData("""{"response":[],"challenge":"c","ticket":"t"}""", "response=INVALID_FORMAT")]
    [InlineData("""{"response":{"id":null},"challenge":"c","ticket":"t"}""", "response=INVALID_FORMAT")]
    [InlineData("""{"response":{"id":"x"},"challenge":"c","ticket":"t"}""", "ticket=SESSION_TIMEOUT")]
    public async Task LoginWithWebAuthnMfa_BadBody_IsRefused(string body, params string[] errors)
    {
        using var response = await app.Client.PostAsync("/v1/auth/login/mfa/webauthn", body);

        await response.AssertFieldsAsync(errors);
    }

    [Fact]
    public async Task LoginWithWebAuthnMfa_OneChallenge200InParallel_OneSession()
    {
        var person = await Person.RegisterAsync(app);
        await person.WithCredentialAsync(_authenticator);
        var ticket = await person.TicketAsync();
        var options = await OptionsAsync(ticket);
        var assertion = _authenticator.Get(options).ToJsonString();

        var outcomes = await Race.RunAsync(200, _ => LogInAsync(JsonNode.Parse(assertion)!.AsObject(), options.Text("challenge"), ticket));

        Assert.Single(outcomes, "200");
        Assert.Equal(2, await person.SessionsAsync());
    }

    [Fact]
    public async Task LoginWithWebAuthnMfa_OneTicketWith200ChallengesInParallel_OneSession()
    {
        var person = await Person.RegisterAsync(app);
        await person.WithCredentialAsync(_authenticator);
        var ticket = await person.TicketAsync();
        var assertions = new List<(JsonObject Response, string Challenge)>();
        for (var i = 0; i < 200; i++)
        {
            var options = await OptionsAsync(ticket);
            assertions.Add((_authenticator.Get(options), options.Text("challenge")));
        }

        var outcomes = await Race.RunAsync(200, i => LogInAsync(assertions[i].Response, assertions[i].Challenge, ticket));

        Assert.Single(outcomes, "200");
        Assert.Equal(2, await person.SessionsAsync());
    }

    private async Task<HttpResponseMessage> LogInAsync(Person person, SoftwareAuthenticator.Quirks quirks)
    {
        var ticket = await person.TicketAsync();
        var options = await OptionsAsync(ticket);
        return await LogInAsync(_authenticator.Get(options, quirks), options.Text("challenge"), ticket);
    }

    private Task<HttpResponseMessage> LogInAsync(JsonObject response, string challenge, string ticket)
        => app.Client.PostAsync("/v1/auth/login/mfa/webauthn", new { response, challenge, ticket });

    private async Task<JsonElement> OptionsAsync(string ticket)
    {
        using var response = await app.Client.PostAsync("/v1/auth/login/mfa/webauthn/authentication-options", new { ticket });
        return await response.JsonAsync(200);
    }
}
