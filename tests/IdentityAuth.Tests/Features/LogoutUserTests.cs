using IdentityAuth.Tests.Infrastructure;

namespace IdentityAuth.Tests.Features;

/// <summary>Contract §3.10.</summary>
public sealed class LogoutUserTests(IdentityApp app)
{
    [Theory]
    [InlineData("")]
    [InlineData("Bearer ")]
    public async Task LogoutUser_LiveSession_EndsItAndPublishes(string scheme)
    {
        using var client = app.CreateClient();
        var account = await client.RegisterAsync();
        var other = await client.TokenAsync(account.Email);
        Assert.True(await client.IsAliveAsync(account.Token));

        using var response = await client.PostAsync("/v1/auth/logout", null, scheme + account.Token);

        await response.AssertNoContentAsync();
        Assert.False(await client.IsAliveAsync(account.Token));
        Assert.True(await client.IsAliveAsync(other));
        var revoked = Assert.Single(await app.EventBodiesAsync("SessionsRevoked", account.Id));
        Assert.Equal("logout", revoked.Text("reason"));
        Assert.Single(revoked.GetProperty("idHashes").EnumerateArray());
    }

    [Fact]
    public async Task LogoutUser_AnotherInstanceHasEndedTheSession_IsOverHereToo()
    {
        using var client = app.CreateClient();
        var account = await client.RegisterAsync();
        Assert.True(await client.IsAliveAsync(account.Token)); // this instance knows it
        await app.CountAsync("DELETE FROM sessions WHERE user_id = @id RETURNING 1", new { id = long.Parse(account.Id, null) });

        using var response = await client.PostAsync("/v1/auth/logout", null, account.Token);

        await response.AssertNoContentAsync();
        Assert.False(await client.IsAliveAsync(account.Token));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("flx_000000000000000000000000000000000000")]
    [InlineData("Bot something")]
    [InlineData("rubbish")]
    public async Task LogoutUser_NoSession_IsLoggedOutAlready(string? token)
    {
        using var client = app.CreateClient();

        using var response = await client.PostAsync("/v1/auth/logout", "null", token);

        await response.AssertNoContentAsync();
    }

    [Fact]
    public async Task LogoutUser_TwoInstances_TheOtherKnowsAtOnce()
    {
        await using var other = await IdentityApp.StartAsync(sameServersAs: app);
        using var here = app.CreateClient();
        using var there = other.CreateClient();
        var account = await here.RegisterAsync();
        Assert.True(await there.IsAliveAsync(account.Token));

        using var response = await here.PostAsync("/v1/auth/logout", null, account.Token);

        // By Redis or by event: both are on their way when the answer is here. The cache alone would hold for 20 s.
        var deadline = DateTimeOffset.UtcNow + TimeSpan.FromSeconds(10);
        while (await there.IsAliveAsync(account.Token))
        {
            Assert.True(DateTimeOffset.UtcNow < deadline, "The other instance does not know.");
        }
    }
}
