using System.Security.Cryptography;
using System.Text;
using IdentityAuth.Data;
using IdentityAuth.Delivery;
using IdentityAuth.Tests.Infrastructure;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace IdentityAuth.Tests.Data;

/// <summary>The data key is changed, and nothing that was sealed with the one before is lost.</summary>
public sealed class DataKeyTests(FactorsApp app) : IClassFixture<FactorsApp>
{
    private const string NewKey = "the-next-data-key-of-the-tests-0123456789-0123456789";

    private static readonly Dictionary<string, string?> BothKeys = new(StringComparer.Ordinal)
    {
        ["IdentityAuth:DataKey"] = NewKey,
        ["IdentityAuth:PreviousDataKey"] = IdentityApp.DataKey,
    };

    [Fact]
    public void Open_SealedWithTheKeyBefore_OpensAndSaysSo()
    {
        var old = new SealedData(new IdentityAuthOptions { DataKey = IdentityApp.DataKey });
        var both = new SealedData(new IdentityAuthOptions { DataKey = NewKey, PreviousDataKey = IdentityApp.DataKey });
        var alone = new SealedData(new IdentityAuthOptions { DataKey = NewKey });
        var value = old.Seal("secret"u8, SealedKind.Totp, "1");

        Assert.Equal("secret"u8.ToArray(), both.Open(value, SealedKind.Totp, "1", out var isCurrent));
        Assert.False(isCurrent);
        Assert.Equal("secret"u8.ToArray(), both.Open(both.Seal("secret"u8, SealedKind.Totp, "1"), SealedKind.Totp, "1", out isCurrent));
        Assert.True(isCurrent);
        Assert.ThrowsAny<CryptographicException>(() => alone.Open(value, SealedKind.Totp, "1"));
        Assert.ThrowsAny<CryptographicException>(() => both.Open(value, SealedKind.Totp, "2"));
        Assert.ThrowsAny<CryptographicException>(() => both.Open(value, SealedKind.BackupCode, "1"));
        value[^1] ^= 1;
        Assert.ThrowsAny<CryptographicException>(() => both.Open(value, SealedKind.Totp, "1"));
    }

    [Fact]
    public async Task DataKey_Changed_WhatTheOldOneSealedIsStillGood()
    {
        var person = await Person.RegisterAsync(app);
        var phone = await person.WithSmsAsync();
        var ticket = await person.TicketAsync();
        using var sent = await app.Client.PostAsync("/v1/auth/login/mfa/sms/send", new { ticket });
        await sent.AssertNoContentAsync();
        var text = await app.QueuedCodeAsync(phone);

        await using var changed = await FactorsApp.StartAsync(BothKeys, app, WithoutResealing);

        // What is on its way, a code that was texted, the app, a code on paper, the codes as they are shown.
        Assert.NotEmpty((await changed.App.MessageAsync(person.Email!, DeliveryKind.EmailVerification)).Token!);
        using var texted = await changed.Client.PostAsync("/v1/auth/login/mfa/sms", new { ticket, code = text });
        await texted.JsonAsync(200);
        await SignInAsync(changed, person, person.Code());
        await SignInAsync(changed, person, person.BackupCodes[0]);
        using var again = await changed.Client.PostAsync("/v1/auth/login/mfa/totp", new { ticket = await TicketAsync(changed, person), code = person.BackupCodes[0] });
        await again.AssertFieldsAsync("code=INVALID_CODE");
        Assert.Equal(person.BackupCodes, await ShownCodesAsync(changed, person));
    }

    [Fact]
    public async Task DataKey_ChangedAndSealedAnew_TheOldOneIsNotNeeded()
    {
        var person = await (await Person.RegisterAsync(app)).WithTotpAsync();
        await using var changed = await FactorsApp.StartAsync(BothKeys, app, WithoutResealing);
        using var issued = await person.PostAsync("/v1/auth/token");
        var kid = KeyOf(await issued.JsonAsync(200));
        var sealedBefore = await SealedAsync(person);

        Assert.True(await changed.Get<Resealer>().RunAsync(TestContext.Current.CancellationToken) > 11);
        var sealedAfter = await SealedAsync(person);
        Assert.Equal(0, await changed.Get<Resealer>().RunAsync(TestContext.Current.CancellationToken));

        Assert.NotEqual(sealedBefore, sealedAfter);
        Assert.Equal(sealedAfter, await SealedAsync(person));
        await using var alone = await FactorsApp.StartAsync(new Dictionary<string, string?>(StringComparer.Ordinal) { ["IdentityAuth:DataKey"] = NewKey }, app);
        await SignInAsync(alone, person, person.Code());
        await SignInAsync(alone, person, person.BackupCodes[3]);
        Assert.Equal(person.BackupCodes, await ShownCodesAsync(alone, person));
        using var response = await alone.Client.PostAsync("/v1/auth/token", null, person.Token);
        Assert.Equal(kid, KeyOf(await response.JsonAsync(200)));
    }

    [Fact]
    public async Task DataKey_AtTheStartOfAnInstanceWithBoth_IsChangedByItself()
    {
        await using var own = new FactorsApp();
        await own.InitializeAsync();
        var person = await (await Person.RegisterAsync(own)).WithTotpAsync();
        var before = await SealedAsync(person);

        await using var changed = await FactorsApp.StartAsync(BothKeys, own);

        await Eventually.IsTrueAsync(async () => await SealedAsync(person) != before, "nothing was sealed anew");
        await Eventually.IsTrueAsync(
            () => Task.FromResult(changed.App.Logs.Lines.Any(line => line.Contains("sealed with the current data key", StringComparison.Ordinal))), "no line tells that it is done");
        await SignInAsync(changed, person, person.Code());
    }

    // The tests say when.
    private static void WithoutResealing(IServiceCollection services)
    {
        foreach (var hosted in services.Where(service => service.ServiceType == typeof(IHostedService) && service.ImplementationFactory?.Method.ReturnType == typeof(Resealer)).ToList())
        {
            services.Remove(hosted);
        }
    }

    private static string KeyOf(System.Text.Json.JsonElement answer)
        => Encoding.ASCII.GetString(System.Buffers.Text.Base64Url.DecodeFromChars(answer.Text("access_token").Split('.')[0]));

    private static async Task<string> TicketAsync(FactorsApp at, Person person)
    {
        using var login = await person.LogInAsync(at);
        return (await login.JsonAsync(200)).Text("ticket");
    }

    private static async Task SignInAsync(FactorsApp at, Person person, string code)
    {
        using var response = await at.Client.PostAsync("/v1/auth/login/mfa/totp", new { ticket = await TicketAsync(at, person), code });
        await response.JsonAsync(200);
        person.NextStep();
    }

    private static async Task<IReadOnlyList<string>> ShownCodesAsync(FactorsApp at, Person person)
    {
        using var shown = await person.SendAsync(
            HttpMethod.Post, "/v1/users/@me/mfa/backup-codes", new { regenerate = false, mfa_method = "totp", mfa_code = person.Code() }, at: at);
        person.NextStep();
        return [.. (await shown.JsonAsync(200)).GetProperty("backup_codes").EnumerateArray().Select(code => code.Text("code"))];
    }

    private static async Task<string> SealedAsync(Person person)
    {
        await using var connection = new Npgsql.NpgsqlConnection(person.App.App.Database);
        return await Dapper.SqlMapper.ExecuteScalarAsync<string>(
            connection,
            """
            SELECT encode(t.secret, 'hex') || string_agg(encode(c.code, 'hex') || encode(c.code_hash, 'hex'), '' ORDER BY c.position)
            FROM totp_secrets t JOIN backup_codes c USING (user_id) WHERE user_id = @Id GROUP BY t.secret
            """,
            new { person.Id }) ?? "";
    }
}
