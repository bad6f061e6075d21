using Pairing.Data;
using Pairing.Tests.Infrastructure;
using TestSupport;

namespace Pairing.Tests.Data;

public sealed class ExpirySweeperTests : IAsyncLifetime
{
    private PairingApp _one = null!;
    private PairingApp _two = null!;

    public async ValueTask InitializeAsync()
    {
        var clock = new FakeClock();
        _one = await PairingApp.StartAsync(clock: clock);
        _two = await PairingApp.StartAsync(clock: clock, sameServersAs: _one);
    }

    public async ValueTask DisposeAsync()
    {
        await _two.DisposeAsync();
        await _one.DisposeAsync();
    }

    [Fact]
    public async Task Sweep_TwoInstances_PublishEachEndOnce()
    {
        var tenant = await _one.CreateTenantAsync();
        var pairings = new List<TestPairing>();
        using var phone = new TestPhone(_one);
        for (var i = 0; i < 120; i++)
        {
            pairings.Add(await tenant.CreatePairingAsync(ttlSeconds: 60));
        }

        await phone.InitAsync(pairings[0].Jwt);
        var linked = await tenant.CreatePairingAsync(ttlSeconds: 60);
        await phone.PairAsync(linked);
        var denied = await tenant.CreatePairingAsync(ttlSeconds: 60);
        await tenant.CreatePairingAsync(denied.UserId, ttlSeconds: 300);

        await Task.WhenAll(SweepAsync(_one), SweepAsync(_two));
        Assert.Equal(0, await CountAsync(tenant));

        // Both run on this clock, and their own timers fire as well.
        _one.FakeClock.Advance(TimeSpan.FromSeconds(61));
        await Task.WhenAll(Enumerable.Range(0, 6).Select(i => SweepAsync(i % 2 == 0 ? _one : _two)));
        await SweepUntilDoneAsync(tenant, 120);

        Assert.All(await Task.WhenAll(pairings.Select(pairing => _one.EventsOfAsync(pairing.Jti))), events => Assert.Single(events, "PairingExpired"));
        Assert.Equal(("EXPIRED", "expired"), await pairings[0].StatusAsync());
        Assert.Equal(("APPROVED", "completed"), await linked.StatusAsync());
        Assert.Equal(("DENIED", "superseded"), await denied.StatusAsync());
        var expired = Assert.Single(await _one.EventBodiesAsync("PairingExpired", pairings[0].UserId));
        Assert.Equal(DateTimeOffset.FromUnixTimeSeconds(pairings[0].Exp), expired.GetProperty("occurredAt").GetDateTimeOffset());
    }

    [Fact]
    public async Task Sweep_DeadClaim_IsGivenBack()
    {
        var pairing = await (await _one.CreateTenantAsync()).CreatePairingAsync(ttlSeconds: 120);
        using var phone = new TestPhone(_one);
        var nonce = await phone.InitAsync(pairing.Jwt);
        var token = new Pairing.Domain.PairingToken("hauth:orchestrator", pairing.Jti, pairing.Tenant.Id, pairing.UserId, pairing.Exp, null, false);
        await _one.Get<PairingStore>().ClaimAsync(token, "dead");

        _one.FakeClock.Advance(TimeSpan.FromSeconds(30));
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while ((string?)await _one.RedisDatabase.HashGetAsync($"pairing:state:{pairing.Jti}", "status") != "pending")
        {
            await SweepAsync(_one);
            limit.Token.ThrowIfCancellationRequested();
        }

        using var complete = await phone.PostCompleteAsync(pairing.Jwt, nonce);
        Assert.Equal(System.Net.HttpStatusCode.NoContent, complete.StatusCode);
    }

    [Fact]
    public async Task Redis_EveryKeyHasAnEnd()
    {
        var tenant = await _one.CreateTenantAsync();
        var pairing = await tenant.CreatePairingAsync();
        var recreated = await tenant.CreatePairingAsync(pairing.UserId);
        using var phone = new TestPhone(_one);
        await phone.InitAsync(recreated.Jwt);
        using var refused = await phone.PostCompleteAsync(recreated.Jwt, "wrong");
        await phone.PairAsync(await tenant.CreatePairingAsync());
        await _one.Get<RateLimiter>().CountAsync("init", pairing.Jti, "10.1.2.3");

        var redis = _one.Get<StackExchange.Redis.IConnectionMultiplexer>();
        var keys = redis.GetServer(redis.GetEndPoints()[0]).Keys(_one.RedisDatabase.Database, "pairing:*").ToList();
        Assert.NotEmpty(keys);
        foreach (var key in keys)
        {
            Assert.True(await _one.RedisDatabase.KeyTimeToLiveAsync(key) is not null || !await _one.RedisDatabase.KeyExistsAsync(key), key.ToString());
        }
    }

    private static Task<int> SweepAsync(PairingApp app) => app.Get<ExpirySweeper>().SweepAsync(TestContext.Current.CancellationToken);

    private Task<long> CountAsync(TestTenant tenant) => _one.CountAsync(
        "SELECT count(*) FROM outbox WHERE type LIKE '%PairingExpired' AND body->>'tenantId' = @id", new { id = tenant.Id.ToString() });

    // An instance that finds another one at work leaves it the rest, so one call may have done nothing.
    private async Task SweepUntilDoneAsync(TestTenant tenant, int count)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (await CountAsync(tenant) < count)
        {
            await SweepAsync(_one);
            limit.Token.ThrowIfCancellationRequested();
        }

        await SweepAsync(_two);
        Assert.Equal(count, await CountAsync(tenant));
    }
}
