using IdentityAuth.Tests.Infrastructure;
using IdentitySimulator;

namespace IdentityAuth.Tests.Features;

public sealed class EnableTotpMfaTests(FactorsApp app) : IClassFixture<FactorsApp>
{
    private const string Path = "/v1/users/@me/mfa/totp/enable";

    private readonly AuthenticatorApp _authenticator = new();

    [Fact]
    public async Task EnableTotpMfa_RightCode_GivesTenBackupCodesAndIsMfaFromNowOn()
    {
        var person = await Person.RegisterAsync(app);

        using var response = await EnableAsync(person, _authenticator.Secret, Code());

        var codes = (await response.JsonAsync(200)).GetProperty("backup_codes").EnumerateArray().ToList();
        Assert.Equal(10, codes.Select(code => code.Text("code")).Distinct(StringComparer.Ordinal).Count());
        Assert.All(codes, code => Assert.False(code.GetProperty("consumed").GetBoolean()));
        Assert.All(codes, code => Assert.Matches("^[a-z0-9]{4}-[a-z0-9]{4}$", code.Text("code")));
        var me = await person.MeAsync();
        Assert.True(me.GetProperty("mfa_enabled").GetBoolean());
        Assert.Equal([0], me.GetProperty("authenticator_types").EnumerateArray().Select(type => type.GetInt32()));
        var updated = Assert.Single(await app.App.EventBodiesAsync("UserUpdated", person.UserId));
        Assert.Equal(["mfa_enabled", "authenticator_types"], updated.GetProperty("fields").EnumerateArray().Select(field => field.GetString()));
    }

    [Fact]
    public async Task EnableTotpMfa_SecretAsPeopleCopyIt_IsUnderstood()
    {
        var person = await Person.RegisterAsync(app);
        var spelled = string.Join(' ', _authenticator.Secret.ToLowerInvariant().Chunk(4).Select(part => new string(part))) + "====";

        using var response = await EnableAsync(person, spelled, Code());

        await response.JsonAsync(200);
    }

    [Fact]
    public async Task EnableTotpMfa_Stored_NeitherSecretNorCodesAreReadable()
    {
        var person = await Person.RegisterAsync(app);
        using var response = await EnableAsync(person, _authenticator.Secret, Code());
        var codes = (await response.JsonAsync(200)).GetProperty("backup_codes").EnumerateArray().Select(code => code.Text("code")).ToList();

        var text = await app.CountAsync(
            """
            SELECT count(*) FROM totp_secrets t JOIN backup_codes c USING (user_id)
            WHERE user_id = @Id AND (position(@secret::bytea IN t.secret) > 0 OR position(@code::bytea IN c.code) > 0 OR position(@code::bytea IN c.code_hash) > 0)
            """,
            new { person.Id, secret = System.Text.Encoding.ASCII.GetBytes(_authenticator.Secret), code = System.Text.Encoding.ASCII.GetBytes(codes[0]) });

        Assert.Equal(0, text);
        Assert.DoesNotContain(app.App.Logs.Lines, line => line.Contains(_authenticator.Secret, StringComparison.Ordinal) || codes.Any(code => line.Contains(code, StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("000000")]
    [InlineData("aaaa-aaaa")]
    public async Task EnableTotpMfa_WrongCode_IsRefusedAndNothingIsStored(string code)
    {
        var person = await Person.RegisterAsync(app);

        using var response = await EnableAsync(person, _authenticator.Secret, code == Code() ? "000001" : code);

        await response.AssertFieldsAsync("code=INVALID_CODE");
        Assert.False((await person.MeAsync()).GetProperty("mfa_enabled").GetBoolean());
        Assert.Equal(0, await app.CountAsync("SELECT count(*) FROM totp_secrets WHERE user_id = @Id", new { person.Id }));
    }

    [Theory]
    [InlineData("not base32!", "code=INVALID_CODE")]
    [InlineData("GEZDGNBVGY3TQOJQGEZDGNBV", "secret=INVALID_FORMAT")] // 15 bytes: 120 bits
    public async Task EnableTotpMfa_UnusableSecret_IsRefused(string secret, string error)
    {
        using var response = await EnableAsync(await Person.RegisterAsync(app), secret, "000000");

        await response.AssertFieldsAsync(error);
    }

    [Fact]
    public async Task EnableTotpMfa_On_IsRefused()
    {
        var person = await (await Person.RegisterAsync(app)).WithTotpAsync();

        using var response = await person.PostAsync(Path, person.Sudo(new { secret = _authenticator.Secret, code = Code() }));

        await response.AssertProblemAsync(400, "TWO_FA_NOT_ENABLED");
    }

    [Fact]
    public async Task EnableTotpMfa_WithoutProof_IsRefused()
    {
        var person = await Person.RegisterAsync(app);

        using var none = await person.PostAsync(Path, new { secret = _authenticator.Secret, code = Code() });
        using var wrong = await person.PostAsync(Path, new { secret = _authenticator.Secret, code = Code(), password = "another password" });

        Assert.False((await none.AssertProblemAsync(403, "SUDO_MODE_REQUIRED")).GetProperty("has_mfa").GetBoolean());
        await wrong.AssertFieldsAsync("password=INVALID_PASSWORD");
    }

    [Fact]
    public async Task EnableTotpMfa_BadBody_IsRefused()
    {
        using var response = await (await Person.RegisterAsync(app)).PostAsync(Path, new { secret = new string('A', 257), code = new string('1', 33) });

        await response.AssertFieldsAsync("secret=STRING_LENGTH_INVALID", "code=STRING_LENGTH_INVALID");
    }

    [Fact]
    public async Task EnableTotpMfa_NotSignedIn_IsRefused()
    {
        using var response = await app.Client.PostAsync(Path, new { });

        await response.AssertProblemAsync(401, "UNAUTHORIZED");
    }

    [Fact]
    public async Task EnableTotpMfa_200InParallel_OneApp()
    {
        var person = await Person.RegisterAsync(app);
        var code = Code();

        var outcomes = await Race.RunAsync(200, _ => EnableAsync(person, _authenticator.Secret, code));

        Assert.Single(outcomes, "200");
        Assert.Equal(10, await app.CountAsync("SELECT count(*) FROM backup_codes WHERE user_id = @Id", new { person.Id }));
    }

    private string Code() => _authenticator.Code(app.Clock.GetUtcNow());

    private static Task<HttpResponseMessage> EnableAsync(Person person, string secret, string code)
        => person.PostAsync(Path, new { secret, code, password = person.Password });
}
