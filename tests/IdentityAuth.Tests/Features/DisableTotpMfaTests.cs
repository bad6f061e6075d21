using IdentityAuth.Tests.Infrastructure;
using IdentitySimulator;

namespace IdentityAuth.Tests.Features;

public sealed class DisableTotpMfaTests(FactorsApp app) : IClassFixture<FactorsApp>
{
    private const string Path = "/v1/users/@me/mfa/totp/disable";

    [Fact]
    public async Task DisableTotpMfa_OneCodeForBoth_TakesAppTextsAndCodesAway()
    {
        var person = await Person.RegisterAsync(app);
        await person.WithSmsAsync();
        var code = person.Code();

        using var response = await person.PostAsync(Path, new { code, mfa_method = "totp", mfa_code = code });

        await response.AssertNoContentAsync();
        var me = await person.MeAsync();
        Assert.False(me.GetProperty("mfa_enabled").GetBoolean());
        Assert.NotNull(me.GetProperty("phone").GetString());
        Assert.Equal(0, await app.CountAsync("SELECT count(*) FROM totp_secrets WHERE user_id = @Id", new { person.Id }));
        Assert.Equal(0, await app.CountAsync("SELECT count(*) FROM backup_codes WHERE user_id = @Id", new { person.Id }));
        using var login = await person.LogInAsync();
        Assert.False((await login.JsonAsync(200)).TryGetProperty("mfa", out _));
    }

    [Fact]
    public async Task DisableTotpMfa_SecurityKey_Stays()
    {
        using var authenticator = new SoftwareAuthenticator(FactorsApp.Origin, FactorsApp.RpId);
        var person = await (await Person.RegisterAsync(app)).WithTotpAsync();
        await person.WithCredentialAsync(authenticator);

        using var response = await person.PostAsync(Path, new { code = person.BackupCodes[0] }, await person.SudoTokenAsync());

        await response.AssertNoContentAsync();
        Assert.Equal([2], (await person.MeAsync()).GetProperty("authenticator_types").EnumerateArray().Select(type => type.GetInt32()));
    }

    [Fact]
    public async Task DisableTotpMfa_WrongOrUsedCode_IsRefused()
    {
        var person = await (await Person.RegisterAsync(app)).WithTotpAsync();
        var used = person.Code();
        using var sudo = await person.PostAsync("/v1/users/@me/mfa/backup-codes", new { regenerate = false, mfa_method = "totp", mfa_code = used });
        var token = sudo.Headers.GetValues("X-Fluxer-Sudo-Mode-JWT").Single();

        using var replayed = await person.PostAsync(Path, new { code = used }, token);
        using var wrong = await person.PostAsync(Path, new { code = "aaaa-aaaa" }, token);

        await replayed.AssertFieldsAsync("code=INVALID_CODE");
        await wrong.AssertFieldsAsync("code=INVALID_CODE");
        Assert.True((await person.MeAsync()).GetProperty("mfa_enabled").GetBoolean());
    }

    [Fact]
    public async Task DisableTotpMfa_TenWrongCodes_AreLimited()
    {
        var person = await (await Person.RegisterAsync(app)).WithTotpAsync();
        var token = await person.SudoTokenAsync();
        for (var i = 0; i < 10; i++)
        {
            using var wrong = await person.PostAsync(Path, new { code = "aaaa-aaaa" }, token);
            await wrong.AssertFieldsAsync("code=INVALID_CODE");
        }

        using var limited = await person.PostAsync(Path, new { code = person.Code() }, token);

        await limited.AssertProblemAsync(429, "RATE_LIMITED");
    }

    [Fact]
    public async Task DisableTotpMfa_Off_IsRefused()
    {
        var person = await Person.RegisterAsync(app);

        using var response = await person.PostAsync(Path, person.Sudo(new { code = "000000" }));

        await response.AssertProblemAsync(400, "TWO_FACTOR_REQUIRED");
    }

    [Fact]
    public async Task DisableTotpMfa_PasswordInsteadOfAFactor_IsRefused()
    {
        var person = await (await Person.RegisterAsync(app)).WithTotpAsync();

        using var response = await person.PostAsync(Path, new { code = person.Code(), password = person.Password });

        Assert.True((await response.AssertProblemAsync(403, "SUDO_MODE_REQUIRED")).GetProperty("has_mfa").GetBoolean());
    }

    [Fact]
    public async Task DisableTotpMfa_BadBody_IsRefused()
    {
        using var response = await (await Person.RegisterAsync(app)).PostAsync(Path, new { mfa_method = "carrier pigeon" });

        await response.AssertFieldsAsync("code=INVALID_FORMAT", "mfa_method=INVALID_FORMAT");
    }
}
