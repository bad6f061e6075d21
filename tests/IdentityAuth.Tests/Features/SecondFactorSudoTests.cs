using System.Text.Json.Nodes;
using IdentityAuth.Tests.Infrastructure;
using IdentitySimulator;

namespace IdentityAuth.Tests.Features;

/// <summary>Second factors as proof in sudo mode (contract §1.8), on an operation that any of them opens.</summary>
public sealed class SecondFactorSudoTests(FactorsApp app) : IClassFixture<FactorsApp>
{
    private const string Path = "/v1/users/@me/mfa/backup-codes";

    [Fact]
    public async Task Sudo_TotpCode_OpensOnceAndGivesAToken()
    {
        var person = await (await Person.RegisterAsync(app)).WithTotpAsync();
        var code = person.Code();

        using var first = await person.PostAsync(Path, new { regenerate = false, mfa_method = "totp", mfa_code = code });
        using var again = await person.PostAsync(Path, new { regenerate = false, mfa_method = "totp", mfa_code = code });
        await first.JsonAsync(200);
        await again.AssertFieldsAsync("mfa_code=INVALID_MFA_CODE");

        var token = first.Headers.GetValues("X-Fluxer-Sudo-Mode-JWT").Single();
        using var byToken = await person.PostAsync(Path, new { regenerate = false }, token);
        await byToken.JsonAsync(200);
    }

    [Fact]
    public async Task Sudo_PostgresGoesAwayDuringTheCheck_CostsNoAttempt()
    {
        var person = await (await Person.RegisterAsync(app)).WithTotpAsync();
        var body = new { regenerate = false, mfa_method = "totp", mfa_code = person.Code() };
        await using (var outage = await TableOutage.OfAsync(app.App.Database, "totp_secrets"))
        {
            for (var i = 0; i < 10; i++)
            {
                await outage.AssertUnavailableAsync(() => person.PostAsync(Path, body));
            }
        }

        using var response = await person.PostAsync(Path, body);

        await response.JsonAsync(200);
    }

    [Fact]
    public async Task Sudo_TokenOfAnAccountWithoutFactorsAnyMore_StandsForNoPassword()
    {
        var person = await (await Person.RegisterAsync(app)).WithTotpAsync();
        var token = await person.SudoTokenAsync();
        using var disabled = await person.PostAsync("/v1/users/@me/mfa/totp/disable", new { code = person.BackupCodes[0] }, token);
        await disabled.AssertNoContentAsync();

        using var none = await person.SendAsync(HttpMethod.Patch, "/v1/users/@me", new { new_password = "staple battery horse" }, token);
        await none.AssertFieldsAsync("password=PASSWORD_NOT_SET");
        using var wrong = await person.SendAsync(HttpMethod.Patch, "/v1/users/@me", new { new_password = "staple battery horse", password = "not the password" }, token);
        await wrong.AssertFieldsAsync("password=INVALID_PASSWORD");
        using var right = await person.SendAsync(HttpMethod.Patch, "/v1/users/@me", new { new_password = "staple battery horse", password = person.Password }, token);
        await right.JsonAsync(200);
    }

    [Fact]
    public async Task Sudo_TokenOfAnotherSessionPersonOrTime_IsNone()
    {
        var person = await (await Person.RegisterAsync(app)).WithTotpAsync();
        var other = await (await Person.RegisterAsync(app)).WithTotpAsync();
        var (token, foreign) = (await person.SudoTokenAsync(), await other.SudoTokenAsync());
        using var login = await person.TotpAsync(await person.TicketAsync(), person.BackupCodes[0]);
        var session = (await login.JsonAsync(200)).Text("token");

        Assert.Equal(403, await OpenAsync(person, foreign));
        Assert.Equal(403, await OpenAsync(person, token[..^2]));
        Assert.Equal(403, await OpenAsync(person, $"{token}."));
        Assert.Equal(403, await OpenAsync(person, string.Join('.', token.Split('.')[..2]) + "."));
        using var elsewhere = await app.Client.PostAsync(Path, new { regenerate = false }, session, ("X-Fluxer-Sudo-Mode-JWT", token));
        await elsewhere.AssertProblemAsync(403, "SUDO_MODE_REQUIRED");
        app.Clock.Advance(TimeSpan.FromSeconds(299 - 30)); // the other's proof has moved the clock on by a step
        Assert.Equal(200, await OpenAsync(person, token));
        app.Clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(403, await OpenAsync(person, token));
    }

    private static async Task<int> OpenAsync(Person person, string token)
    {
        using var response = await person.PostAsync(Path, new { regenerate = false }, token);
        return (int)response.StatusCode;
    }

    [Fact]
    public async Task Sudo_SecurityKeyOfSomebodyElseOrForSomethingElse_IsNoProof()
    {
        using var own = new SoftwareAuthenticator(FactorsApp.Origin, FactorsApp.RpId);
        using var others = new SoftwareAuthenticator(FactorsApp.Origin, FactorsApp.RpId);
        var person = await (await Person.RegisterAsync(app)).WithTotpAsync();
        var other = await (await Person.RegisterAsync(app)).WithTotpAsync();
        await person.WithCredentialAsync(own, sudoToken: await person.SudoTokenAsync());
        await other.WithCredentialAsync(others, sudoToken: await other.SudoTokenAsync());

        // His own key for another's challenge, another's key for his, and challenges of the two ways to sign in.
        await RefusedAsync(own, await OptionsAsync(other));
        await RefusedAsync(others, await OptionsAsync(person));
        using var passkey = await app.Client.PostAsync("/v1/auth/webauthn/authentication-options");
        await RefusedAsync(own, await passkey.JsonAsync(200));
        using var second = await app.Client.PostAsync("/v1/auth/login/mfa/webauthn/authentication-options", new { ticket = await person.TicketAsync() });
        await RefusedAsync(own, await second.JsonAsync(200));
        using var login = await app.Client.PostAsync("/v1/auth/webauthn/authenticate", BodyOf(own, await OptionsAsync(person), "challenge", "response"));
        await login.AssertProblemAsync(401, "PASSKEY_AUTHENTICATION_FAILED");

        static object BodyOf(SoftwareAuthenticator key, System.Text.Json.JsonElement options, string challenge, string response)
            => new JsonObject { [challenge] = options.Text("challenge"), [response] = key.Get(options), ["mfa_method"] = "webauthn", ["regenerate"] = false };

        async Task RefusedAsync(SoftwareAuthenticator key, System.Text.Json.JsonElement options)
        {
            using var response = await person.PostAsync(Path, BodyOf(key, options, "webauthn_challenge", "webauthn_response"));
            await response.AssertFieldsAsync("mfa_code=INVALID_MFA_CODE");
        }

        static async Task<System.Text.Json.JsonElement> OptionsAsync(Person whose)
        {
            using var response = await whose.PostAsync("/v1/users/@me/sudo/webauthn/authentication-options");
            return await response.JsonAsync(200);
        }
    }

    [Fact]
    public async Task Sudo_UnclaimedAccountWithAFactor_IsAskedForItsNameOnly()
    {
        using var registered = await app.Client.PostAsync("/v1/auth/register", new { date_of_birth = "1990-01-02", consent = true });
        var person = await Person.Of(app, await registered.JsonAsync(200)).WithTotpAsync();

        using var name = await person.SendAsync(HttpMethod.Patch, "/v1/users/@me", new { username = "another_name" });
        await name.AssertProblemAsync(403, "SUDO_MODE_REQUIRED");
        using var password = await person.SendAsync(HttpMethod.Patch, "/v1/users/@me", new { new_password = "staple battery horse" });
        await password.JsonAsync(200);
    }

    [Fact]
    public async Task Sudo_StepSpentHere_IsSpentForSignIn()
    {
        var person = await (await Person.RegisterAsync(app)).WithTotpAsync();
        var code = person.Code();
        using var sudo = await person.PostAsync(Path, new { regenerate = false, mfa_method = "totp", mfa_code = code });
        await sudo.JsonAsync(200);

        using var response = await person.TotpAsync(await person.TicketAsync(), code);

        await response.AssertFieldsAsync("code=INVALID_CODE");
    }

    [Fact]
    public async Task Sudo_BackupCode_OpensOnce()
    {
        var person = await (await Person.RegisterAsync(app)).WithTotpAsync();

        using var first = await person.PostAsync(Path, new { regenerate = false, mfa_method = "totp", mfa_code = person.BackupCodes[0] });
        using var again = await person.PostAsync(Path, new { regenerate = false, mfa_method = "totp", mfa_code = person.BackupCodes[0] });

        await first.JsonAsync(200);
        await again.AssertFieldsAsync("mfa_code=INVALID_MFA_CODE");
    }

    [Fact]
    public async Task Sudo_TextedCode_OpensOnceAndIsNotOneForSignIn()
    {
        var person = await Person.RegisterAsync(app);
        var phone = await person.WithSmsAsync();
        using var sent = await person.PostAsync("/v1/users/@me/sudo/mfa/sms/send");
        await sent.AssertNoContentAsync();
        var code = await app.QueuedCodeAsync(phone);

        using var signIn = await app.Client.PostAsync("/v1/auth/login/mfa/sms", new { ticket = await person.TicketAsync(), code });
        using var first = await person.PostAsync(Path, new { regenerate = false, mfa_method = "sms", mfa_code = code });
        using var again = await person.PostAsync(Path, new { regenerate = false, mfa_method = "sms", mfa_code = code });

        await signIn.AssertFieldsAsync("code=INVALID_CODE");
        await first.JsonAsync(200);
        await again.AssertFieldsAsync("mfa_code=INVALID_MFA_CODE");
    }

    [Fact]
    public async Task Sudo_SecurityKey_OpensOnce()
    {
        using var authenticator = new SoftwareAuthenticator(FactorsApp.Origin, FactorsApp.RpId);
        var person = await (await Person.RegisterAsync(app)).WithTotpAsync();
        await person.WithCredentialAsync(authenticator);
        using var asked = await person.PostAsync("/v1/users/@me/sudo/webauthn/authentication-options");
        var options = await asked.JsonAsync(200);
        var body = new JsonObject
        {
            ["regenerate"] = false,
            ["mfa_method"] = "webauthn",
            ["webauthn_response"] = authenticator.Get(options),
            ["webauthn_challenge"] = options.Text("challenge"),
        }.ToJsonString();

        using var first = await person.PostAsync(Path, body);
        using var again = await person.PostAsync(Path, body);

        await first.JsonAsync(200);
        await again.AssertFieldsAsync("mfa_code=INVALID_MFA_CODE");
    }

    [Theory]
    [InlineData("sms", "000000")] // not enabled
    [InlineData("totp", null)]
    [InlineData("webauthn", "000000")]
    [InlineData("totp", "aaaa-aaaa")]
    public async Task Sudo_FactorWrongMissingOrInapplicable_IsRefusedAlike(string method, string? code)
    {
        var person = await (await Person.RegisterAsync(app)).WithTotpAsync();
        var body = new JsonObject { ["regenerate"] = false, ["mfa_method"] = method };
        if (code is not null)
        {
            body["mfa_code"] = code;
        }

        using var response = await person.PostAsync(Path, body);

        await response.AssertFieldsAsync("mfa_code=INVALID_MFA_CODE");
        Assert.False(response.Headers.Contains("X-Fluxer-Sudo-Mode-JWT"));
    }

    [Fact]
    public async Task Sudo_OneStep200InParallel_OpensOnce()
    {
        var person = await (await Person.RegisterAsync(app)).WithTotpAsync();
        var code = person.Code();

        var outcomes = await Race.RunAsync(200, _ => person.PostAsync(Path, new { regenerate = false, mfa_method = "totp", mfa_code = code }));

        Assert.Single(outcomes, "200");
    }
}
