using IdentityAuth.Tests.Infrastructure;

namespace IdentityAuth.Tests.Features;

/// <summary>Contract §8.9.</summary>
public sealed class DisableCurrentUserTests(IdentityApp app)
{
    [Fact]
    public async Task DisableCurrentUser_Password_EndsSessionsUntilTheNextSignIn()
    {
        using var client = app.CreateClient();
        var account = await client.RegisterAsync();
        using var without = await account.PostAsync("/v1/users/@me/disable");
        await without.AssertProblemAsync(403, "SUDO_MODE_REQUIRED");

        using var response = await account.PostAsync("/v1/users/@me/disable", new { password = TestClient.Password });

        await response.AssertNoContentAsync();
        Assert.False(response.Headers.Contains("X-Fluxer-Sudo-Mode-JWT"));
        Assert.False(await client.IsAliveAsync(account.Token));
        Assert.Equal("disabled", Assert.Single(await app.EventBodiesAsync("SessionsRevoked", account.Id)).Text("reason"));
        Assert.True(await client.IsAliveAsync(await client.TokenAsync(account.Email)));
    }

    [Fact]
    public async Task DisableCurrentUser_DeletionIsUnderWay_StaysScheduled()
    {
        using var client = app.CreateClient();
        var account = await client.RegisterAsync();
        var proof = new { password = TestClient.Password };
        await using var row = await RowLock.HoldAsync(app, account.Id);
        var deleting = account.PostAsync("/v1/users/@me/delete", proof);
        await row.WaitedForAsync(1);
        var disabling = account.PostAsync("/v1/users/@me/disable", proof);
        await row.WaitedForAsync(2);

        await row.CommitAsync();

        using var deleted = await deleting;
        using var disabled = await disabling;
        await deleted.AssertNoContentAsync();
        await disabled.AssertNoContentAsync();
        Assert.Equal(1, await app.CountAsync(
            "SELECT count(*) FROM users WHERE id = @id AND flags = 6 AND deletion_at IS NOT NULL", new { id = long.Parse(account.Id, null) }));
    }
}
