using IdentityAuth.Tests.Infrastructure;

namespace IdentityAuth.Tests.Features;

/// <summary>Contract §6, with a clock that the tests move.</summary>
public sealed class GetHandoffStatusTests(ClockedIdentityApp clocked) : IClassFixture<ClockedIdentityApp>
{
    private IdentityApp App => clocked.App;

    [Fact]
    public async Task GetHandoffStatus_Completed_HandsOutOnceAlsoTo200AtOnce()
    {
        using var client = App.CreateClient();
        var account = await client.RegisterAsync();
        var code = await Handoff.InitiateAsync(client);
        using var completed = await Handoff.CompleteAsync(account, code);
        await completed.AssertNoContentAsync();

        var responses = await Task.WhenAll(Enumerable.Range(0, 200).Select(_ => client.GetAsync($"/v1/auth/handoff/{code}/status")));

        var bodies = await Task.WhenAll(responses.Select(response => response.JsonAsync(200)));
        var winner = Assert.Single(bodies, body => body.Text("status") == "completed");
        Assert.Equal(account.Id, winner.Text("user_id"));
        Assert.True(await client.IsAliveAsync(winner.Text("token")));
        Assert.All(bodies.Where(body => body.Text("status") != "completed"), body => Assert.Equal("""{"status":"expired"}""", body.GetRawText()));
        await App.Get<IdentityAuth.Data.Sweeper>().SweepAsync(TestContext.Current.CancellationToken);
        Assert.True(await client.IsAliveAsync(winner.Text("token")));
    }

    [Fact]
    public async Task GetHandoffStatus_After5Minutes_ExpiredAndLateConfirmationToldSo()
    {
        using var client = App.CreateClient();
        var account = await client.RegisterAsync();
        var code = await Handoff.InitiateAsync(client);
        App.FakeClock.Advance(TimeSpan.FromMinutes(5) - TimeSpan.FromSeconds(1));
        using var pending = await client.GetAsync($"/v1/auth/handoff/{code}/status");
        Assert.Equal("pending", (await pending.JsonAsync(200)).Text("status"));

        App.FakeClock.Advance(TimeSpan.FromSeconds(1));

        using var expired = await client.GetAsync($"/v1/auth/handoff/{code}/status");
        Assert.Equal("""{"status":"expired"}""", (await expired.JsonAsync(200)).GetRawText());
        using var late = await Handoff.CompleteAsync(account, code);
        await late.AssertProblemAsync(400, "HANDOFF_CODE_EXPIRED");
    }

    [Fact]
    public async Task GetHandoffStatus_NobodyComesForTheSession_ItIsRevoked()
    {
        using var client = App.CreateClient();
        var account = await client.RegisterAsync();
        var code = await Handoff.InitiateAsync(client);
        using var completed = await Handoff.CompleteAsync(account, code);
        await completed.AssertNoContentAsync();
        Assert.Equal(2, await SessionsAsync(account));

        App.FakeClock.Advance(TimeSpan.FromMinutes(5));
        await App.Get<IdentityAuth.Data.Sweeper>().SweepAsync(TestContext.Current.CancellationToken);

        Assert.Equal(1, await SessionsAsync(account));
        Assert.Equal("handoff_not_collected", Assert.Single(await App.EventBodiesAsync("SessionsRevoked", account.Id)).Text("reason"));
    }

    [Theory]
    [InlineData("abcd-2345", 200)]
    [InlineData("ABCD%202345", 200)]
    [InlineData("ABCD-234", 400)]
    [InlineData("ABCD-2340", 400)]
    [InlineData("ABCD-234L", 400)]
    public async Task GetHandoffStatus_UnknownOrMalformed_ExpiredOrRefused(string code, int status)
    {
        using var client = App.CreateClient();

        using var response = await client.GetAsync($"/v1/auth/handoff/{code}/status");

        if (status == 200)
        {
            Assert.Equal("expired", (await response.JsonAsync(200)).Text("status"));
        }
        else
        {
            await response.AssertProblemAsync(400, "INVALID_HANDOFF_CODE");
        }
    }

    private Task<long> SessionsAsync(TestAccount account) => App.CountAsync("SELECT count(*) FROM sessions WHERE user_id = @id", new { id = long.Parse(account.Id, null) });
}
