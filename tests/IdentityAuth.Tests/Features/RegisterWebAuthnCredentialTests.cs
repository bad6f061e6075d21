using System.Text.Json.Nodes;
using IdentityAuth.Tests.Infrastructure;
using IdentitySimulator;

namespace IdentityAuth.Tests.Features;

public sealed class RegisterWebAuthnCredentialTests(FactorsApp app) : IClassFixture<FactorsApp>, IDisposable
{
    private readonly SoftwareAuthenticator _authenticator = new(FactorsApp.Origin, FactorsApp.RpId);

    public void Dispose() => _authenticator.Dispose();

    [Theory]
    [InlineData(SoftwareAuthenticator.Es256)]
    [InlineData(SoftwareAuthenticator.EdDsa)]
    [InlineData(SoftwareAuthenticator.Rs256)]
    public async Task RegisterWebAuthnCredential_FirstKey_IsAFactorFromNowOn(int algorithm)
    {
        var person = await Person.RegisterAsync(app);

        await person.WithCredentialAsync(_authenticator, algorithm);

        var me = await person.MeAsync();
        Assert.True(me.GetProperty("mfa_enabled").GetBoolean());
        Assert.Equal([2], me.GetProperty("authenticator_types").EnumerateArray().Select(type => type.GetInt32()));
        Assert.Single(await app.App.EventBodiesAsync("UserUpdated", person.UserId));
    }

    [Fact]
    public async Task RegisterWebAuthnCredential_WithASudoToken_GivesNoneBack()
    {
        var person = await (await Person.RegisterAsync(app)).WithTotpAsync();
        var token = await person.SudoTokenAsync();
        var options = await person.CreationOptionsAsync(token);

        using var response = await person.RegisterCredentialAsync(_authenticator.Create(options), options.Text("challenge"), sudoToken: token);

        await response.AssertNoContentAsync();
        Assert.False(response.Headers.Contains("X-Fluxer-Sudo-Mode-JWT"));
    }

    [Fact]
    public async Task RegisterWebAuthnCredential_ChallengeUsedForeignOrOfAnotherKind_IsRefused()
    {
        var (person, other) = (await Person.RegisterAsync(app), await Person.RegisterAsync(app));
        var foreign = await other.CreationOptionsAsync();
        using var asked = await app.Client.PostAsync("/v1/auth/webauthn/authentication-options");
        var challenge = (await asked.JsonAsync(200)).Text("challenge");

        using var foreignChallenge = await person.RegisterCredentialAsync(_authenticator.Create(foreign), foreign.Text("challenge"));
        await foreignChallenge.AssertProblemAsync(400, "INVALID_WEBAUTHN_CREDENTIAL");

        using var otherKind = await person.RegisterCredentialAsync(_authenticator.Create(foreign, quirks: new() { Challenge = challenge }), challenge);
        await otherKind.AssertProblemAsync(400, "INVALID_WEBAUTHN_CREDENTIAL");

        var options = await person.CreationOptionsAsync();
        using var wrong = await person.RegisterCredentialAsync(_authenticator.Create(options, quirks: new() { UserVerified = false }), options.Text("challenge"));
        using var burnt = await person.RegisterCredentialAsync(_authenticator.Create(options), options.Text("challenge"));
        await wrong.AssertProblemAsync(400, "INVALID_WEBAUTHN_CREDENTIAL");
        await burnt.AssertProblemAsync(400, "INVALID_WEBAUTHN_CREDENTIAL");
        Assert.False((await person.MeAsync()).GetProperty("mfa_enabled").GetBoolean());
    }

    [Fact]
    public async Task RegisterWebAuthnCredential_IdThatAnyAccountKnows_IsRefused()
    {
        var (person, other) = (await Person.RegisterAsync(app), await Person.RegisterAsync(app));
        var id = Guid.NewGuid().ToByteArray();
        var options = await other.CreationOptionsAsync();
        using var first = await other.RegisterCredentialAsync(_authenticator.Create(options, quirks: new() { CredentialId = id }), options.Text("challenge"));
        await first.AssertNoContentAsync();

        options = await person.CreationOptionsAsync();
        using var response = await person.RegisterCredentialAsync(_authenticator.Create(options, quirks: new() { CredentialId = id }), options.Text("challenge"));

        await response.AssertProblemAsync(400, "INVALID_WEBAUTHN_CREDENTIAL");
        Assert.Equal(1, await app.CountAsync("SELECT count(*) FROM webauthn_credentials WHERE id = @credential AND user_id = @Id", new { credential = id, other.Id }));
    }

    [Fact]
    public async Task RegisterWebAuthnCredential_Ten_IsTheLimitAlsoInParallel()
    {
        var person = await (await Person.RegisterAsync(app)).WithTotpAsync();
        var token = await person.SudoTokenAsync();
        var prepared = new List<(JsonObject Response, string Challenge)>();
        for (var i = 0; i < 12; i++)
        {
            var options = await person.CreationOptionsAsync(token);
            prepared.Add((_authenticator.Create(options), options.Text("challenge")));
        }

        var outcomes = await Race.RunAsync(12, i => person.RegisterCredentialAsync(prepared[i].Response, prepared[i].Challenge, sudoToken: token));

        Assert.Equal(10, outcomes.Count(outcome => outcome == "204"));
        Assert.Equal(2, outcomes.Count(outcome => outcome == "WEBAUTHN_CREDENTIAL_LIMIT_REACHED"));
        using var full = await person.PostAsync("/v1/users/@me/mfa/webauthn/credentials/registration-options", new { }, token);
        await full.AssertProblemAsync(400, "WEBAUTHN_CREDENTIAL_LIMIT_REACHED");
    }

    [Fact]
    public async Task RegisterWebAuthnCredential_OneChallenge200InParallel_OneKey()
    {
        var person = await (await Person.RegisterAsync(app)).WithTotpAsync();
        var token = await person.SudoTokenAsync();
        var options = await person.CreationOptionsAsync(token);
        var attestation = _authenticator.Create(options).ToJsonString();

        var outcomes = await Race.RunAsync(200, _ => person.RegisterCredentialAsync(JsonNode.Parse(attestation)!.AsObject(), options.Text("challenge"), sudoToken: token));

        Assert.Single(outcomes, "204");
        Assert.Equal(1, await app.CountAsync("SELECT count(*) FROM webauthn_credentials WHERE user_id = @Id", new { person.Id }));
    }

    [Fact]
    public async Task RegisterWebAuthnCredential_BadBodyOrNoProof_IsRefused()
    {
        var person = await Person.RegisterAsync(app);
        using var bad = await person.PostAsync("/v1/users/@me/mfa/webauthn/credentials", new { response = "x", name = new string('n', 101) });
        using var unproven = await person.PostAsync("/v1/users/@me/mfa/webauthn/credentials", new { response = new { id = "x" }, challenge = "c", name = "n" });

        await bad.AssertFieldsAsync("response=INVALID_FORMAT", "challenge=INVALID_FORMAT", "name=STRING_LENGTH_INVALID");
        await unproven.AssertProblemAsync(403, "SUDO_MODE_REQUIRED");
    }
}
