using System.Net;
using IdentityAuth.Data;
using IdentityAuth.Domain;
using IdentityAuth.Tests.Infrastructure;
using TestSupport;

namespace IdentityAuth.Tests.Http;

/// <summary>A service with the limits of the contract, whose clock the tests move.</summary>
public sealed class LimitedIdentityApp : IAsyncLifetime
{
    public IdentityApp App { get; private set; } = null!;

    public async ValueTask InitializeAsync()
        => App = await IdentityApp.StartAsync(new Dictionary<string, string?>(StringComparer.Ordinal) { ["IdentityAuth:RateLimits"] = "true" }, new FakeClock());

    public ValueTask DisposeAsync() => App.DisposeAsync();
}

/// <summary>Contract §1.7, and the limits of §3.1, §3.4, §5.1.</summary>
public sealed class RateLimitTests(LimitedIdentityApp limited) : IClassFixture<LimitedIdentityApp>
{
    private IdentityApp App => limited.App;

    [Fact]
    public async Task Bucket_TillItIsEmpty_CountsDownRefusesAndLeaks()
    {
        using var client = App.CreateClient();
        for (var remaining = 9; remaining >= 0; remaining--)
        {
            using var response = await client.PostAsync("/v1/auth/username-suggestions", new { global_name = "Ada" });
            Assert.Equal(200, (int)response.StatusCode);
            Assert.Equal(("10", $"{remaining}"), (Header(response, "X-RateLimit-Limit"), Header(response, "X-RateLimit-Remaining")));
            Assert.Equal(App.Clock.GetUtcNow().ToUnixTimeSeconds() + 10 - remaining, long.Parse(Header(response, "X-RateLimit-Reset"), null));
        }

        using var refused = await client.PostAsync("/v1/auth/username-suggestions", "not even looked at");
        var body = await refused.AssertProblemAsync(429, "RATE_LIMITED");
        Assert.Equal((false, 1.0), (body.GetProperty("global").GetBoolean(), body.GetProperty("retry_after").GetDouble()));
        Assert.Equal(("false", "0", "10"), (Header(refused, "X-RateLimit-Global"), Header(refused, "X-RateLimit-Remaining"), Header(refused, "X-RateLimit-Limit")));
        Assert.Equal(TimeSpan.FromSeconds(1), refused.Headers.RetryAfter?.Delta);
        using var shared = await client.PostAsync("/v1/auth/register", "{}"); // the same bucket
        await shared.AssertProblemAsync(429, "RATE_LIMITED");

        App.FakeClock.Advance(TimeSpan.FromSeconds(1));
        using var again = await client.PostAsync("/v1/auth/username-suggestions", new { global_name = "Ada" });
        Assert.Equal(200, (int)again.StatusCode);
        using var empty = await client.PostAsync("/v1/auth/username-suggestions", new { global_name = "Ada" });
        Assert.Equal(429, (int)empty.StatusCode);
        client.Address = TestClient.NewAddress();
        using var elsewhere = await client.PostAsync("/v1/auth/username-suggestions", new { global_name = "Ada" });
        Assert.Equal(200, (int)elsewhere.StatusCode);
    }

    [Fact]
    public async Task Bucket_100AtOnce_LetsExactlyItsSizeThrough()
    {
        using var client = App.CreateClient();

        var responses = await Task.WhenAll(Enumerable.Range(0, 100).Select(_ => client.GetAsync("/v1/auth/sessions")));

        Assert.Equal(40, responses.Count(response => (int)response.StatusCode == 401));
        Assert.Equal(60, responses.Count(response => (int)response.StatusCode == 429));
    }

    [Fact]
    public async Task Global_51AtOnceOfOneAccount_TheLastIsRefusedGlobally()
    {
        using var client = App.CreateClient();
        var account = await client.RegisterAsync();
        App.FakeClock.Advance(TimeSpan.FromSeconds(30));

        var responses = await Task.WhenAll(Enumerable.Range(0, 51).Select(_ => account.GetAsync("/v1/users/@me")));

        var refused = Assert.Single(responses, response => (int)response.StatusCode == 429);
        Assert.Equal(("true", "50"), (Header(refused, "X-RateLimit-Global"), Header(refused, "X-RateLimit-Limit")));
        Assert.True((await refused.AssertProblemAsync(429, "RATE_LIMITED")).GetProperty("global").GetBoolean());
        Assert.True(await client.IsAliveAsync((await Renewed(account)).Token));

        async Task<TestAccount> Renewed(TestAccount one)
        {
            App.FakeClock.Advance(TimeSpan.FromSeconds(10));
            return await Task.FromResult(one);
        }
    }

    [Fact]
    public async Task UnknownTokens_MoreThanTheGlobalLimitFromOneAddress_AreNotLookedUp()
    {
        using var client = App.CreateClient();
        var known = await client.RegisterAsync();
        var unknown = await client.RegisterAsync(); // a session that this instance has never read
        await known.UserAsync();
        App.FakeClock.Advance(TimeSpan.FromSeconds(30));
        await known.UserAsync(); // it is read anew: what was read 20 s ago is not believed
        using var lookUps = new StatementCounter(App.Database, "WHERE s.token_hash = $1");

        var responses = await Task.WhenAll(Enumerable.Range(0, 200).Select(_ => client.GetAsync("/v1/auth/sessions", SessionToken.Create())));

        Assert.All(responses, response => Assert.Contains((int)response.StatusCode, (int[])[401, 429]));
        Assert.Equal(50, lookUps.Count);
        using var held = await unknown.GetAsync("/v1/auth/sessions");
        Assert.True((await held.AssertProblemAsync(429, "RATE_LIMITED")).GetProperty("global").GetBoolean());
        Assert.Equal(("true", "50", "0"), (Header(held, "X-RateLimit-Global"), Header(held, "X-RateLimit-Limit"), Header(held, "X-RateLimit-Remaining")));
        Assert.True(await client.IsAliveAsync(known.Token));
        client.Address = TestClient.NewAddress();
        Assert.True(await client.IsAliveAsync(unknown.Token));
    }

    /// <summary>Two accounts with 30 sessions each: more than 50 look-ups that have not ended, and no limit of an account is reached.</summary>
    [Fact]
    public async Task UnknownTokens_ColdSessionsAtOnceFromOneAddress_WaitForTheirTurnAndAreServed()
    {
        using var client = App.CreateClient();
        var tokens = new List<string>();
        foreach (var account in new[] { await client.RegisterAsync(), await client.RegisterAsync() })
        {
            tokens.AddRange(await AddSessionsAsync(account, 30));
        }

        client.Address = TestClient.NewAddress();
        using var lookUps = new StatementCounter(App.Database, "WHERE s.token_hash = $1");
        await using var connection = new Npgsql.NpgsqlConnection(App.Database);
        await connection.OpenAsync();
        await Dapper.SqlMapper.ExecuteAsync(connection, "BEGIN; LOCK TABLE sessions IN ACCESS EXCLUSIVE MODE");
        var calls = tokens.ConvertAll(token => client.GetAsync("/v1/users/@me", token));
        await Eventually.IsTrueAsync(async () => await WaitingAsync() >= UnknownTokens.MaximumAtOnce, "nobody looks anything up");
        var atOnce = await WaitingAsync();
        await Dapper.SqlMapper.ExecuteAsync(connection, "COMMIT");

        var responses = await Task.WhenAll(calls);

        Assert.All(responses, response => Assert.Equal(200, (int)response.StatusCode));
        Assert.Equal(UnknownTokens.MaximumAtOnce, atOnce);
        Assert.Equal(60, lookUps.Count);

        Task<long> WaitingAsync() => App.CountAsync(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND @pid = ANY(pg_blocking_pids(pid))", new { pid = connection.ProcessID });
    }

    /// <summary>What two instances let through together, each by what it knows, is charged.</summary>
    [Fact]
    public async Task Bucket_TwoInstancesLetMoreThroughThanItHolds_TheExcessIsMissingAfterwards()
    {
        var clock = new FakeClock();
        Dictionary<string, string?> settings = new(StringComparer.Ordinal)
        {
            ["IdentityAuth:RateLimits"] = "true",
            ["IdentityAuth:GlobalRequestsPerSecond"] = "1000",
        };
        await using var first = await IdentityApp.StartAsync(settings, clock);
        await using var second = await IdentityApp.StartAsync(settings, clock, sameServersAs: first);
        using var here = first.CreateClient();
        using var there = second.CreateClient();
        var account = await here.RegisterAsync();
        await account.UserAsync(); // this instance knows now that the bucket is nearly full
        await Eventually.IsTrueAsync(
            async () =>
            {
                using var response = await there.GetAsync("/v1/users/@me", account.Token);
                return (int)response.StatusCode == 429;
            },
            "the bucket does not become empty",
            TimeSpan.Zero);

        using var excess = await account.GetAsync("/v1/users/@me");

        Assert.Equal(200, (int)excess.StatusCode);
        // One in a tenth of a second: for the one that was too much, and for the next.
        await Eventually.IsTrueAsync(
            async () =>
            {
                using var refused = await there.GetAsync("/v1/users/@me", account.Token);
                var wait = (await refused.AssertProblemAsync(429, "RATE_LIMITED")).GetProperty("retry_after").GetDouble();
                return Math.Abs(wait - 0.2) < 0.0005;
            },
            "the request that was too much is not charged");
    }

    /// <summary>A request that was let through by what the instance knows is counted once, also when Redis is gone by the time it is told.</summary>
    [Fact]
    public async Task Bucket_RedisGoesAway_HoldsWhatItHeld()
    {
        var redis = StackExchange.Redis.ConfigurationOptions.Parse((await BackingServers.GetAsync()).Redis);
        var (host, port) = redis.EndPoints[0] switch
        {
            DnsEndPoint name => (name.Host, name.Port),
            IPEndPoint address => (address.Address.ToString(), address.Port),
            var other => throw new InvalidOperationException($"Redis is at {other}."),
        };
        await using var proxy = new CuttableProxy(host, port);
        redis.EndPoints.Clear();
        redis.EndPoints.Add("127.0.0.1", proxy.Port);
        await using var app = await IdentityApp.StartAsync(
            new Dictionary<string, string?>(StringComparer.Ordinal)
            {
                ["IdentityAuth:RateLimits"] = "true",
                ["IdentityAuth:GlobalRequestsPerSecond"] = "1000",
                ["ConnectionStrings:redis"] = redis.ToString(includePassword: true),
            },
            new FakeClock());
        using var client = app.CreateClient();
        var account = await client.RegisterAsync();
        await account.UserAsync();
        proxy.Cut();

        var served = 1;
        while (served < 150)
        {
            using var response = await account.GetAsync("/v1/users/@me");
            if ((int)response.StatusCode == 429)
            {
                break;
            }

            served++;
        }

        Assert.Equal(100, served);
    }

    /// <summary>Something else than the bucket says wait: its headers say so too.</summary>
    [Fact]
    public async Task Refusal_WaitOfTheOperationItself_NothingIsLeftUntilThen()
    {
        using var client = App.CreateClient();
        var account = await client.RegisterAsync();
        using var started = await account.PostAsync("/v1/users/@me/password-change/start");
        var ticket = (await started.JsonAsync(200)).Text("ticket");

        using var early = await account.PostAsync("/v1/users/@me/password-change/resend", new { ticket });

        await early.AssertProblemAsync(429, "RATE_LIMITED");
        Assert.Equal(
            ("10", "0", "false", $"{App.Clock.GetUtcNow().ToUnixTimeSeconds() + 30}"),
            (Header(early, "X-RateLimit-Limit"), Header(early, "X-RateLimit-Remaining"), Header(early, "X-RateLimit-Global"), Header(early, "X-RateLimit-Reset")));
    }

    [Fact]
    public async Task Login_SixthAttemptAtOneAddress_HasToWait()
    {
        using var client = App.CreateClient();
        var account = await client.RegisterAsync();
        for (var attempt = 0; attempt < 5; attempt++)
        {
            using var response = await client.LoginAsync(attempt % 2 == 0 ? account.Email : account.Email.ToUpperInvariant());
            Assert.Equal(200, (int)response.StatusCode);
        }

        client.Address = TestClient.NewAddress();
        using var sixth = await client.LoginAsync(account.Email);
        await sixth.AssertProblemAsync(429, "RATE_LIMITED");
        Assert.InRange(sixth.Headers.RetryAfter!.Delta!.Value, TimeSpan.FromMinutes(14), TimeSpan.FromMinutes(15));
        Assert.Equal(("5", "0"), (Header(sixth, "X-RateLimit-Limit"), Header(sixth, "X-RateLimit-Remaining")));

        App.FakeClock.Advance(TimeSpan.FromMinutes(15));
        using var later = await client.LoginAsync(account.Email);
        await later.AssertProblemAsync(403, "IP_AUTHORIZATION_REQUIRED");
    }

    [Fact]
    public async Task Login_EleventhAttemptFromOneIp_HasToWait()
    {
        using var client = App.CreateClient();
        for (var attempt = 0; attempt < 10; attempt++)
        {
            using var malformed = await client.PostAsync("/v1/auth/login", "{}"); // does not count
            App.FakeClock.Advance(TimeSpan.FromSeconds(10));
            using var response = await client.LoginAsync(TestClient.NewEmail());
            Assert.Equal(400, (int)response.StatusCode);
        }

        App.FakeClock.Advance(TimeSpan.FromSeconds(10));
        using var eleventh = await client.LoginAsync(TestClient.NewEmail());
        await eleventh.AssertProblemAsync(429, "RATE_LIMITED");
        Assert.Equal(("10", "0"), (Header(eleventh, "X-RateLimit-Limit"), Header(eleventh, "X-RateLimit-Remaining")));
    }

    [Fact]
    public async Task Register_FourthAttemptAtOneAddressOrSixthFromOneIp_HasToWait()
    {
        using var client = App.CreateClient();
        var email = TestClient.NewEmail();
        for (var attempt = 0; attempt < 3; attempt++)
        {
            client.Address = TestClient.NewAddress();
            using var response = await client.PostAsync("/v1/auth/register", TestClient.Registration(email));
            Assert.Equal(attempt == 0 ? 200 : 400, (int)response.StatusCode);
        }

        using var fourth = await client.PostAsync("/v1/auth/register", TestClient.Registration(email));
        await fourth.AssertProblemAsync(429, "RATE_LIMITED");

        client.Address = TestClient.NewAddress();
        for (var attempt = 0; attempt < 5; attempt++)
        {
            using var response = await client.PostAsync("/v1/auth/register", TestClient.Registration());
            Assert.Equal(200, (int)response.StatusCode);
        }

        using var sixth = await client.PostAsync("/v1/auth/register", TestClient.Registration());
        await sixth.AssertProblemAsync(429, "RATE_LIMITED");
    }

    [Fact]
    public async Task Forgot_SixthForAnUnknownAddress_HasToWait()
    {
        using var client = App.CreateClient();
        var email = TestClient.NewEmail();
        for (var attempt = 0; attempt < 5; attempt++)
        {
            using var response = await client.PostAsync("/v1/auth/forgot", new { email });
            await response.AssertNoContentAsync();
        }

        App.FakeClock.Advance(TimeSpan.FromMinutes(1));
        using var sixth = await client.PostAsync("/v1/auth/forgot", new { email });
        await sixth.AssertProblemAsync(429, "RATE_LIMITED");
    }

    [Fact]
    public async Task Limits_RedisAway_CountedByTheInstance()
    {
        await using var app = await IdentityApp.StartAsync(
            new Dictionary<string, string?>(StringComparer.Ordinal) { ["IdentityAuth:RateLimits"] = "true", ["ConnectionStrings:redis"] = "127.0.0.1:1,abortConnect=false,connectTimeout=200,syncTimeout=200" },
            new FakeClock());
        using var client = app.CreateClient();

        var responses = new List<int>();
        for (var attempt = 0; attempt < 12; attempt++)
        {
            using var response = await client.PostAsync("/v1/auth/username-suggestions", new { global_name = "Ada" });
            responses.Add((int)response.StatusCode);
        }

        Assert.Equal([200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 429, 429], responses);
        client.Address = TestClient.NewAddress();
        var account = await client.RegisterAsync();
        await account.UserAsync();
        for (var attempt = 0; attempt < 5; attempt++)
        {
            await client.TokenAsync(account.Email);
        }

        using var sixth = await client.LoginAsync(account.Email);
        await sixth.AssertProblemAsync(429, "RATE_LIMITED");
        client.Address = TestClient.NewAddress();
        using var ticket = await client.PostAsync("/v1/auth/handoff/initiate");
        await ticket.AssertProblemAsync(503, "SERVICE_UNAVAILABLE");
    }

    /// <summary>Sessions that no instance has read.</summary>
    private async Task<IReadOnlyList<string>> AddSessionsAsync(TestAccount account, int count)
    {
        var tokens = Enumerable.Range(0, count).Select(_ => SessionToken.Create()).ToList();
        await using var connection = new Npgsql.NpgsqlConnection(App.Database);
        await Dapper.SqlMapper.ExecuteAsync(
            connection,
            "INSERT INTO sessions (token_hash, user_id, method, created_at, last_used_at, ip) SELECT hash, @id, 'password', @now, @now, '192.0.2.1' FROM unnest(@hashes) AS hash",
            new { id = long.Parse(account.Id, null), now = App.Clock.GetUtcNow().UtcDateTime, hashes = tokens.Select(token => SessionToken.Hash(token)).ToArray() });
        return tokens;
    }

    private static string Header(HttpResponseMessage response, string name) => Assert.Single(response.Headers.GetValues(name));
}
