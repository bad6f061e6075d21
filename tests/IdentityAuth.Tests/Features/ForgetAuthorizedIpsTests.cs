using IdentityAuth.Tests.Infrastructure;

namespace IdentityAuth.Tests.Features;

/// <summary>Contract §8.</summary>
public sealed class ForgetAuthorizedIpsTests(IdentityApp app)
{
    [Fact]
    public async Task ForgetAuthorizedIps_Password_DropsTheCallersToo()
    {
        using var client = app.CreateClient();
        var account = await client.RegisterAsync();
        using var without = await client.SendAsync(HttpMethod.Delete, "/v1/users/@me/authorized-ips", null, account.Token);
        await without.AssertProblemAsync(403, "SUDO_MODE_REQUIRED");
        await client.TokenAsync(account.Email);

        using var response = await client.SendAsync(HttpMethod.Delete, "/v1/users/@me/authorized-ips", new { password = TestClient.Password }, account.Token);

        await response.AssertNoContentAsync();
        Assert.True(await client.IsAliveAsync(account.Token));
        using var login = await client.LoginAsync(account.Email);
        await login.AssertProblemAsync(403, "IP_AUTHORIZATION_REQUIRED");
    }
}
