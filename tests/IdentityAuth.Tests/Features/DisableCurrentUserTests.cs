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
}
