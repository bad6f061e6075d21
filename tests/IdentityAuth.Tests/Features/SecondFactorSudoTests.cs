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
