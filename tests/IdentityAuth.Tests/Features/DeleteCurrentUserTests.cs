using IdentityAuth.Delivery;
using IdentityAuth.Tests.Infrastructure;

namespace IdentityAuth.Tests.Features;

/// <summary>Contract §8.9, with a clock that the tests move.</summary>
public sealed class DeleteCurrentUserTests(ClockedIdentityApp clocked) : IClassFixture<ClockedIdentityApp>
{
    private IdentityApp App => clocked.App;

    [Fact]
    public async Task DeleteCurrentUser_SignInWithinTheGrace_TakesItBack()
    {
        using var client = App.CreateClient();
        var account = await client.RegisterAsync();

        using var response = await account.PostAsync("/v1/users/@me/delete", new { password = TestClient.Password });

        await response.AssertNoContentAsync();
        Assert.NotNull((await App.MessageAsync(account.Email, DeliveryKind.AccountDeletion)).At);
        Assert.False(await client.IsAliveAsync(account.Token));
        App.FakeClock.Advance(TimeSpan.FromDays(14) - TimeSpan.FromSeconds(1));
        await App.Get<IdentityAuth.Data.Sweeper>().SweepAsync(TestContext.Current.CancellationToken);
        await client.TokenAsync(account.Email);
        App.FakeClock.Advance(TimeSpan.FromDays(2));
        await App.Get<IdentityAuth.Data.Sweeper>().SweepAsync(TestContext.Current.CancellationToken);
        await client.TokenAsync(account.Email);
        Assert.Empty(await App.EventBodiesAsync("UserDeleted", account.Id));
    }

    [Fact]
    public async Task DeleteCurrentUser_GraceIsOver_ErasesAndPublishes()
    {
        using var client = App.CreateClient();
        var account = await client.RegisterAsync();
        await using (var connection = new Npgsql.NpgsqlConnection(App.Database))
        {
            await Dapper.SqlMapper.ExecuteAsync(
                connection, "INSERT INTO sso_links VALUES ('https://sso.example', 'subject', @id, now())", new { id = long.Parse(account.Id, null) });
        }

        using var response = await account.PostAsync("/v1/users/@me/delete", new { password = TestClient.Password });
        await response.AssertNoContentAsync();

        App.FakeClock.Advance(TimeSpan.FromDays(14));
        await App.Get<IdentityAuth.Data.Sweeper>().SweepAsync(TestContext.Current.CancellationToken);

        // The service's own sweep may be at it: what it holds is left to it.
        await Eventually.IsTrueAsync(async () => (await App.EventBodiesAsync("UserDeleted", account.Id)).Count == 1, "the account is not erased");
        var id = long.Parse(account.Id, null);
        Assert.Equal(1, await App.CountAsync("SELECT count(*) FROM users WHERE id = @id AND flags & 1 = 1 AND email IS NULL AND password_hash IS NULL AND date_of_birth IS NULL AND last_active_ip IS NULL", new { id }));
        Assert.Equal(0, await App.CountAsync("SELECT (SELECT count(*) FROM authorized_ips WHERE user_id = @id) + (SELECT count(*) FROM mailed_tokens WHERE user_id = @id) + (SELECT count(*) FROM sso_links WHERE user_id = @id)", new { id }));
        Assert.Equal(0, await App.CountAsync("SELECT count(*) FROM audit_log WHERE user_id = @id AND ip IS NOT NULL", new { id }));
        using var login = await client.LoginAsync(account.Email);
        await login.AssertFieldsAsync("email=INVALID_EMAIL_OR_PASSWORD", "password=INVALID_EMAIL_OR_PASSWORD");
        await client.RegisterAsync(account.Email); // the address is free again
    }

    [Fact]
    public async Task DeleteCurrentUser_WithoutProof_Refused()
    {
        using var client = App.CreateClient();
        var account = await client.RegisterAsync();

        using var response = await account.PostAsync("/v1/users/@me/delete");

        await response.AssertProblemAsync(403, "SUDO_MODE_REQUIRED");
        Assert.True(await client.IsAliveAsync(account.Token));
    }
}
