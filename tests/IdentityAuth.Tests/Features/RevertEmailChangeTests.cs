using IdentityAuth.Delivery;
using IdentityAuth.Tests.Infrastructure;

namespace IdentityAuth.Tests.Features;

/// <summary>Contract §5.3.</summary>
public sealed class RevertEmailChangeTests(IdentityApp app)
{
    private const string Path = "/v1/auth/email-revert";
    private const string NewPassword = "staple battery horse";

    [Fact]
    public async Task RevertEmailChange_MailedToken_TakesEverythingBack()
    {
        using var client = app.CreateClient();
        var account = await client.RegisterAsync();
        var (token, email) = await ChangedAsync(account);
        await app.ChangeUserAsync(account.Id, "phone = @phone, authenticators = 7", new { phone = $"+49{Random.Shared.NextInt64(1_000_000_000, 9_999_999_999)}" });
        client.Address = TestClient.NewAddress();

        using var response = await client.PostAsync(Path, new { token, password = NewPassword });

        var session = (await response.JsonAsync(200)).Text("token");
        Assert.False(await client.IsAliveAsync(account.Token));
        using var read = await client.GetAsync("/v1/users/@me", session);
        var user = await read.JsonAsync(200);
        Assert.Equal((account.Email, true, false), (user.Text("email"), user.GetProperty("verified").GetBoolean(), user.GetProperty("mfa_enabled").GetBoolean()));
        Assert.Equal(System.Text.Json.JsonValueKind.Null, user.GetProperty("phone").ValueKind);
        Assert.Equal([client.Address], await AddressesAsync(account));
        await client.TokenAsync(account.Email, NewPassword);
        using var attacker = await client.LoginAsync(email);
        await attacker.AssertFieldsAsync("email=INVALID_EMAIL_OR_PASSWORD", "password=INVALID_EMAIL_OR_PASSWORD");
        using var again = await client.PostAsync(Path, new { token, password = NewPassword });
        await again.AssertFieldsAsync("token=INVALID_OR_EXPIRED_REVERT_TOKEN");
    }

    [Fact]
    public async Task RevertEmailChange_WhatMailSettlesAndWhoeverIsLinked_AreGone()
    {
        using var client = app.CreateClient();
        var account = await client.RegisterAsync();
        var (token, _) = await ChangedAsync(account);
        await app.ChangeUserAsync(account.Id, "suspicious_activity = 17");
        await using (var connection = new Npgsql.NpgsqlConnection(app.Database))
        {
            await Dapper.SqlMapper.ExecuteAsync(
                connection, "INSERT INTO sso_links VALUES ('https://sso.example', @subject, @id, now())", new { subject = Guid.NewGuid().ToString(), id = long.Parse(account.Id, null) });
        }

        using var response = await client.PostAsync(Path, new { token, password = NewPassword });

        Assert.True(await client.IsAliveAsync((await response.JsonAsync(200)).Text("token")));
        Assert.Equal(0, await app.CountAsync("SELECT count(*) FROM sso_links WHERE user_id = @id", new { id = long.Parse(account.Id, null) }));
    }

    [Fact]
    public async Task RevertEmailChange_OldAddressTakenMeanwhile_Refused()
    {
        using var client = app.CreateClient();
        var account = await client.RegisterAsync();
        var (token, _) = await ChangedAsync(account);
        await client.RegisterAsync(account.Email);

        using var response = await client.PostAsync(Path, new { token, password = NewPassword });

        await response.AssertFieldsAsync("token=INVALID_OR_EXPIRED_REVERT_TOKEN");
        Assert.True(await client.IsAliveAsync(account.Token));
    }

    [Fact]
    public async Task RevertEmailChange_CommonPasswordOrSuspended_Refused()
    {
        using var client = app.CreateClient();
        var account = await client.RegisterAsync();
        var (token, _) = await ChangedAsync(account);

        using var common = await client.PostAsync(Path, new { token, password = "qwertyuiop" });
        await common.AssertFieldsAsync("password=PASSWORD_IS_TOO_COMMON");
        await app.ChangeUserAsync(account.Id, "banned_until = now() + interval '1 day'");
        using var suspended = await client.PostAsync(Path, new { token, password = NewPassword });
        await suspended.AssertProblemAsync(403, "ACCOUNT_SUSPENDED_TEMPORARILY");
    }

    [Theory]
    [InlineData("""{"token":"x","password":"staple battery"}""", "token=STRING_LENGTH_EXACT")]
    [InlineData("""{"token":"0000000000000000000000000000000000000000000000000000000000000000","password":"staple battery"}""", "token=INVALID_OR_EXPIRED_REVERT_TOKEN")]
    public async Task RevertEmailChange_BadToken_Refused(string body, string error)
    {
        using var client = app.CreateClient();

        using var response = await client.PostAsync(Path, body);

        await response.AssertFieldsAsync(error);
    }

    private async Task<(string Token, string NewEmail)> ChangedAsync(TestAccount account)
    {
        var email = TestClient.NewEmail();
        using var changed = await account.PatchAsync(new { email_token = await EmailChange.TokenAsync(account, email), password = TestClient.Password });
        await changed.JsonAsync(200);
        return ((await app.MessageAsync(account.Email, DeliveryKind.EmailChangeRevert)).Token!, email);
    }

    private async Task<IReadOnlyList<string>> AddressesAsync(TestAccount account)
    {
        await using var connection = new Npgsql.NpgsqlConnection(app.Database);
        return [.. await Dapper.SqlMapper.QueryAsync<string>(connection, "SELECT ip FROM authorized_ips WHERE user_id = @id", new { id = long.Parse(account.Id, null) })];
    }
}
