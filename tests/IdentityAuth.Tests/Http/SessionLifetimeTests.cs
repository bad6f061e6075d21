using IdentityAuth.Tests.Infrastructure;

namespace IdentityAuth.Tests.Http;

/// <summary>Contract §1.4: how long a session lives, and what a use writes. With a clock that the tests move.</summary>
public sealed class SessionLifetimeTests(ClockedIdentityApp clocked) : IClassFixture<ClockedIdentityApp>
{
    private IdentityApp App => clocked.App;

    [Fact]
    public async Task Session_30DaysWithoutUse_IsOver()
    {
        using var client = App.CreateClient();
        var account = await client.RegisterAsync();
        var other = await client.RegisterAsync();

        App.FakeClock.Advance(TimeSpan.FromDays(30) - TimeSpan.FromSeconds(1));
        Assert.True(await client.IsAliveAsync(account.Token));
        App.FakeClock.Advance(TimeSpan.FromSeconds(1));

        Assert.True(await client.IsAliveAsync(account.Token));
        Assert.False(await client.IsAliveAsync(other.Token));
    }

    [Fact]
    public async Task Session_180DaysInUse_IsOver()
    {
        using var client = App.CreateClient();
        var account = await client.RegisterAsync();
        var created = App.Clock.GetUtcNow();
        for (var day = 0; day < 170; day += 10)
        {
            App.FakeClock.Advance(TimeSpan.FromDays(10));
            Assert.True(await client.IsAliveAsync(account.Token));
            await App.WrittenAsync(account);
        }

        App.FakeClock.AdvanceTo(created + TimeSpan.FromDays(180) - TimeSpan.FromSeconds(1));
        Assert.True(await client.IsAliveAsync(account.Token));
        App.FakeClock.AdvanceTo(created + TimeSpan.FromDays(180));
        Assert.False(await client.IsAliveAsync(account.Token));
    }

    [Fact]
    public async Task Session_UsedOften_IsWrittenOnceAMinute()
    {
        using var client = App.CreateClient();
        var account = await client.RegisterAsync();
        var created = App.Clock.GetUtcNow();

        App.FakeClock.Advance(TimeSpan.FromSeconds(59));
        await account.UserAsync();
        App.FakeClock.Advance(TimeSpan.FromSeconds(1));
        client.Address = TestClient.NewAddress();
        await account.UserAsync();
        await App.WrittenAsync(account);

        Assert.Equal(1, await App.CountAsync(
            "SELECT count(*) FROM sessions s JOIN users u ON u.id = s.user_id WHERE s.user_id = @id AND s.last_used_at = @at AND u.last_active_at = @at AND u.last_active_ip = @ip",
            new { id = long.Parse(account.Id, null), at = (created + TimeSpan.FromSeconds(60)).UtcDateTime, ip = client.Address }));
    }
}

internal static class UseExtensions
{
    /// <summary>Waits until the newest use of an account's session has been written; uses are written once a second of the test's clock.</summary>
    public static async Task WrittenAsync(this IdentityApp app, TestAccount account)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        while (await app.CountAsync("SELECT count(*) FROM sessions WHERE user_id = @id AND last_used_at >= @now", new { id = long.Parse(account.Id, null), now = (app.Clock.GetUtcNow() - TimeSpan.FromSeconds(30)).UtcDateTime }) == 0)
        {
            app.FakeClock.Advance(TimeSpan.FromMilliseconds(100));
            await Task.Delay(20, limit.Token);
        }
    }
}
