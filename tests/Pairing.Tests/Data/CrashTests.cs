using System.Net;
using Npgsql;
using Pairing.Data;
using Pairing.Domain;
using Pairing.Tests.Infrastructure;
using StackExchange.Redis;

namespace Pairing.Tests.Data;

/// <summary>Steps that fail half-way (contract §5.2): commits that do not come through, processes that die after them.</summary>
public sealed class CrashTests(CrashTests.OwnApp own) : IClassFixture<CrashTests.OwnApp>
{
    private readonly PairingApp _app = own.App;

    [Fact]
    public async Task Commit_OfInitFails_TheTokenIsStillGood()
    {
        var pairing = await (await _app.CreateTenantAsync()).CreatePairingAsync();
        using var phone = new TestPhone(_app);

        await FailEventsOfAsync(pairing.UserId);
        using var failed = await phone.PostInitAsync(pairing.Jwt);
        await HealAsync(pairing.UserId);

        await failed.AssertProblemAsync(503, "Service unavailable", "service_unavailable");
        Assert.Equal(("CREATED", "created"), await pairing.StatusAsync());
        Assert.Equal(["PairingCreated"], await _app.EventsOfAsync(pairing.Jti));
        await phone.PairAsync(pairing);
    }

    [Fact]
    public async Task Commit_OfCreateFails_TheOldPairingIsStillGood()
    {
        var tenant = await _app.CreateTenantAsync();
        var pairing = await tenant.CreatePairingAsync();
        using var phone = new TestPhone(_app);
        var nonce = await phone.InitAsync(pairing.Jwt);

        await FailEventsOfAsync(pairing.UserId);
        using var failed = await tenant.PostPairingAsync(new { userId = pairing.UserId, username = "a" });
        await HealAsync(pairing.UserId);

        await failed.AssertProblemAsync(503, "Service unavailable", "service_unavailable");
        Assert.Equal(("PENDING", "initialized"), await pairing.StatusAsync());
        using var complete = await phone.PostCompleteAsync(pairing.Jwt, nonce);
        Assert.Equal(HttpStatusCode.NoContent, complete.StatusCode);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Commit_OfCompleteFails_TheNonceIsStillGood(bool rightProof)
    {
        var pairing = await (await _app.CreateTenantAsync()).CreatePairingAsync();
        using var phone = new TestPhone(_app);
        var nonce = await phone.InitAsync(pairing.Jwt);

        await FailEventsOfAsync(pairing.UserId);
        using var failed = await phone.PostCompleteAsync(pairing.Jwt, rightProof ? nonce : "wrong");
        await HealAsync(pairing.UserId);

        await failed.AssertProblemAsync(503, "Service unavailable", "service_unavailable");
        Assert.Equal(("PENDING", "initialized"), await pairing.StatusAsync());
        Assert.Equal(0, await _app.RowsOfUserAsync(pairing.UserId));
        using var complete = await phone.PostCompleteAsync(pairing.Jwt, nonce);
        Assert.Equal(HttpStatusCode.NoContent, complete.StatusCode);
    }

    /// <summary>A process died after its commit: Redis still has the state from before.</summary>
    [Theory]
    [InlineData("verifying")]
    [InlineData("pending")]
    public async Task Crash_BetweenCommitAndApproved_TheLinkDecides(string stage)
    {
        var (pairing, phone, nonce) = await LinkedWithOldStateAsync(stage);

        Assert.Equal(("APPROVED", "completed"), await pairing.StatusAsync());
        using var repeat = await phone.PostCompleteAsync(pairing.Jwt, nonce);
        await repeat.AssertUnavailableAsync("pairing_replayed");
        Assert.Equal(4, await _app.RowsOfUserAsync(pairing.UserId));
        Assert.Single(await _app.EventBodiesAsync("DevicePaired", pairing.UserId));
        phone.Dispose();
    }

    [Fact]
    public async Task Crash_BetweenCommitAndApproved_AWrongProofDoesNotDeny()
    {
        var (pairing, phone, _) = await LinkedWithOldStateAsync("pending");

        using var wrong = await phone.PostCompleteAsync(pairing.Jwt, "wrong");

        await wrong.AssertUnavailableAsync("pairing_replayed");
        Assert.Equal(("APPROVED", "completed"), await pairing.StatusAsync());
        Assert.Empty(await _app.EventBodiesAsync("PairingDenied", pairing.UserId));
        phone.Dispose();
    }

    [Fact]
    public async Task Crash_BetweenCommitAndApproved_ACreateFindsTheUserLinked()
    {
        var (pairing, phone, _) = await LinkedWithOldStateAsync("pending");
        using var create = await pairing.Tenant.PostPairingAsync(new { userId = pairing.UserId, username = "a" });
        await create.AssertUnavailableAsync("user_already_paired");
        phone.Dispose();
    }

    [Fact]
    public async Task Crash_BetweenCommitAndApproved_TheSweepApprovesAndNeverExpires()
    {
        var (pairing, phone, _) = await LinkedWithOldStateAsync("pending");
        await _app.RedisDatabase.SortedSetAddAsync("pairing:due", pairing.Jti.ToString(), 1);
        await _app.RedisDatabase.HashSetAsync($"pairing:state:{pairing.Jti}", "exp", 1);

        await _app.Get<ExpirySweeper>().SweepAsync(TestContext.Current.CancellationToken);

        Assert.Equal("approved", (string?)await _app.RedisDatabase.HashGetAsync($"pairing:state:{pairing.Jti}", "status"));
        Assert.False((await _app.RedisDatabase.SortedSetScoreAsync("pairing:due", pairing.Jti.ToString())).HasValue);
        Assert.Empty(await _app.EventBodiesAsync("PairingExpired", pairing.UserId));
        phone.Dispose();
    }

    [Fact]
    public async Task Redis_ForgetsItsScripts_TheyAreLoadedAgain()
    {
        var pairing = await (await _app.CreateTenantAsync()).CreatePairingAsync();
        using var phone = new TestPhone(_app);
        // What a restart of the server does to the clients' script cache.
        var multiplexer = _app.Get<IConnectionMultiplexer>();
        using var admin = await ConnectionMultiplexer.ConnectAsync($"{_app.Redis},allowAdmin=true");
        await admin.GetServer(multiplexer.GetEndPoints()[0]).ScriptFlushAsync();

        await phone.PairAsync(pairing);
    }

    private async Task<(TestPairing, TestPhone, string Nonce)> LinkedWithOldStateAsync(string stage)
    {
        var pairing = await (await _app.CreateTenantAsync()).CreatePairingAsync();
        var phone = new TestPhone(_app);
        var nonce = await phone.InitAsync(pairing.Jwt);
        RedisKey key = $"pairing:state:{pairing.Jti}";
        var before = await _app.RedisDatabase.HashGetAllAsync(key);
        using var complete = await phone.PostCompleteAsync(pairing.Jwt, nonce);
        Assert.Equal(HttpStatusCode.NoContent, complete.StatusCode);

        await _app.RedisDatabase.KeyDeleteAsync(key);
        await _app.RedisDatabase.HashSetAsync(key, before);
        await _app.RedisDatabase.HashSetAsync(key, [new("status", stage), new("claim", "dead"), new("claimed", DateTimeOffset.UtcNow.ToUnixTimeMilliseconds())]);
        return (pairing, phone, nonce);
    }

    // The outbox row cannot be written: Postgres says what it says when it shuts down.
    private async Task FailEventsOfAsync(Guid user)
    {
        await using var connection = new NpgsqlConnection(_app.Database);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(
            $"""
            CREATE FUNCTION fail_{user:N}() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                IF NEW.body->>'userId' = '{user}' THEN RAISE EXCEPTION 'not now' USING ERRCODE = '57P01'; END IF;
                RETURN NEW;
            END $$;
            CREATE TRIGGER fail_{user:N} BEFORE INSERT ON outbox FOR EACH ROW EXECUTE FUNCTION fail_{user:N}();
            """,
            connection);
        await command.ExecuteNonQueryAsync();
    }

    private async Task HealAsync(Guid user)
    {
        await using var connection = new NpgsqlConnection(_app.Database);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand($"DROP FUNCTION fail_{user:N}() CASCADE", connection);
        await command.ExecuteNonQueryAsync();
    }

    public sealed class OwnApp : IAsyncLifetime
    {
        public PairingApp App { get; private set; } = null!;

        // The sweep is called by hand.
        public async ValueTask InitializeAsync()
            => App = await PairingApp.StartAsync(new Dictionary<string, string?>(StringComparer.Ordinal) { ["Pairing:SweepInterval"] = "00:01:00" });

        public ValueTask DisposeAsync() => App.DisposeAsync();
    }
}
