using System.Diagnostics;
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
        using var lookUps = new LookUpCounter(App.Database);

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

    [Fact]
    public async Task UnknownTokens_SessionsThatTheInstanceHasNotRead_AreNoUnknownTokens()
    {
        using var client = App.CreateClient();
        var accounts = new List<TestAccount>();
        for (var number = 0; number < 60; number++)
        {
            client.Address = TestClient.NewAddress();
            accounts.Add(await client.RegisterAsync());
        }

        client.Address = TestClient.NewAddress();
        foreach (var account in accounts)
        {
            Assert.True(await client.IsAliveAsync(account.Token));
        }
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

    /// <summary>Counts the statements that look a session up in one database.</summary>
    private sealed class LookUpCounter : IDisposable
    {
        private readonly ActivityListener _listener;
        private int _count;

        public LookUpCounter(string database)
        {
            var name = new Npgsql.NpgsqlConnectionStringBuilder(database).Database;
            _listener = new ActivityListener
            {
                ShouldListenTo = source => source.Name == "Npgsql",
                Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
                ActivityStopped = activity =>
                {
                    if (activity.TagObjects.Any(tag => tag.Value as string == name)
                        && activity.TagObjects.Any(tag => tag.Value is string text && text.Contains("WHERE s.token_hash = $1", StringComparison.Ordinal)))
                    {
                        Interlocked.Increment(ref _count);
                    }
                },
            };
            ActivitySource.AddActivityListener(_listener);
        }

        public int Count => Volatile.Read(ref _count);

        public void Dispose() => _listener.Dispose();
    }

    private static string Header(HttpResponseMessage response, string name) => Assert.Single(response.Headers.GetValues(name));
}
