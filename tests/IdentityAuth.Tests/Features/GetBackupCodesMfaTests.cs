using IdentityAuth.Tests.Infrastructure;

namespace IdentityAuth.Tests.Features;

public sealed class GetBackupCodesMfaTests(FactorsApp app) : IClassFixture<FactorsApp>
{
    private const string Path = "/v1/users/@me/mfa/backup-codes";

    [Fact]
    public async Task GetBackupCodesMfa_Again_ShowsThemWithTheirMarks()
    {
        var person = await (await Person.RegisterAsync(app)).WithTotpAsync();
        using var used = await person.TotpAsync(await person.TicketAsync(), person.BackupCodes[2]);
        await used.JsonAsync(200);

        using var response = await person.PostAsync(Path, person.Sudo(new { regenerate = false }));

        var codes = (await response.JsonAsync(200)).GetProperty("backup_codes").EnumerateArray().ToList();
        Assert.Equal(person.BackupCodes, codes.Select(code => code.Text("code")));
        Assert.Equal([2], codes.Index().Where(code => code.Item.GetProperty("consumed").GetBoolean()).Select(code => code.Index));
    }

    [Fact]
    public async Task GetBackupCodesMfa_Regenerated_VoidsTheOld()
    {
        var person = await (await Person.RegisterAsync(app)).WithTotpAsync();

        using var response = await person.PostAsync(Path, person.Sudo(new { regenerate = true }));

        var codes = (await response.JsonAsync(200)).GetProperty("backup_codes").EnumerateArray().Select(code => code.Text("code")).ToList();
        Assert.Equal(10, codes.Count);
        Assert.Empty(codes.Intersect(person.BackupCodes));
        using var old = await person.TotpAsync(await person.TicketAsync(), person.BackupCodes[0]);
        using var fresh = await person.TotpAsync(await person.TicketAsync(), codes[0]);
        await old.AssertFieldsAsync("code=INVALID_CODE");
        await fresh.JsonAsync(200);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task GetBackupCodesMfa_NoApp_IsRefused(bool regenerate)
    {
        var person = await Person.RegisterAsync(app);

        using var response = await person.PostAsync(Path, person.Sudo(new { regenerate }));

        await response.AssertProblemAsync(400, "TWO_FACTOR_REQUIRED");
    }

    [Fact]
    public async Task GetBackupCodesMfa_BadBodyOrNoProof_IsRefused()
    {
        var person = await Person.RegisterAsync(app);
        using var bad = await person.PostAsync(Path, new { regenerate = "yes" });
        using var unproven = await person.PostAsync(Path, new { regenerate = false });

        await bad.AssertFieldsAsync("regenerate=INVALID_FORMAT");
        await unproven.AssertProblemAsync(403, "SUDO_MODE_REQUIRED");
    }
}
