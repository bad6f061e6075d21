using IdentityAuth.Data;
using IdentityAuth.Tests.Infrastructure;

namespace IdentityAuth.Tests.Data;

/// <summary>What is swept, and that nothing stands in its way. With a clock that the tests move.</summary>
public sealed class SweeperTests(ClockedIdentityApp clocked) : IClassFixture<ClockedIdentityApp>
{
    private IdentityApp App => clocked.App;

    [Fact]
    public async Task Sweep_AuditRecords_AreKeptForAYear()
    {
        using var client = App.CreateClient();
        var account = await client.RegisterAsync();
        var records = await RecordsAsync(account);
        Assert.True(records >= 2, $"{records} records");

        App.FakeClock.Advance(TimeSpan.FromDays(365) - TimeSpan.FromSeconds(1));
        await SweepAsync();
        Assert.Equal(records, await RecordsAsync(account));

        App.FakeClock.Advance(TimeSpan.FromSeconds(1));
        await SweepAsync();
        Assert.Equal(0, await RecordsAsync(account));
    }

    [Fact]
    public async Task Sweep_SomebodyHasChosenANameLikeThatOfAnErasedAccount_ErasesAllTheSame()
    {
        using var client = App.CreateClient();
        var leaving = await client.RegisterAsync();
        var rival = await client.RegisterAsync();
        using var renamed = await rival.PatchAsync(new { username = $"deleted_{leaving.Id}", discriminator = "0001", password = TestClient.Password });
        await renamed.JsonAsync(200);
        using var response = await leaving.PostAsync("/v1/users/@me/delete", new { password = TestClient.Password });
        await response.AssertNoContentAsync();

        App.FakeClock.Advance(TimeSpan.FromDays(14));
        await SweepAsync();

        Assert.Single(await App.EventBodiesAsync("UserDeleted", leaving.Id));
    }

    private Task SweepAsync() => App.Get<Sweeper>().SweepAsync(TestContext.Current.CancellationToken);

    private Task<long> RecordsAsync(TestAccount account) => App.CountAsync("SELECT count(*) FROM audit_log WHERE user_id = @id", new { id = long.Parse(account.Id, null) });
}
