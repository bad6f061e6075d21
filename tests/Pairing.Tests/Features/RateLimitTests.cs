using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Pairing.Tests.Infrastructure;
using TestSupport;

namespace Pairing.Tests.Features;

/// <summary>Contract §5.3.</summary>
public sealed class RateLimitTests(RateLimitTests.LimitedApp limited) : IClassFixture<RateLimitTests.LimitedApp>
{
    private static readonly TimeSpan Millisecond = TimeSpan.FromMilliseconds(1);
    private static int s_address;

    private readonly PairingApp _app = limited.App;

    [Theory]
    [InlineData("init")]
    [InlineData("complete")]
    public async Task RateLimit_EleventhAttemptOnAPairing_IsRefusedUntilTheFirstIsAMinuteOld(string operation)
    {
        var pairing = await (await _app.CreateTenantAsync()).CreatePairingAsync(ttlSeconds: 300);
        using var phone = new TestPhone(_app);
        using var client = Client();
        for (var i = 0; i < 10; i++)
        {
            using var allowed = await phone.PostAsync(operation, pairing.Jwt, "{}", client);
            await allowed.AssertProblemAsync(400, "Bad request", "validation_failed");
            _app.FakeClock.Advance(TimeSpan.FromSeconds(2));
        }

        using var refused = await phone.PostAsync(operation, pairing.Jwt, "{}", client);
        await refused.AssertProblemAsync(429, "Too many requests", "rate_limited");
        Assert.Equal(TimeSpan.FromSeconds(40), refused.Headers.RetryAfter?.Delta);

        _app.FakeClock.Advance(TimeSpan.FromSeconds(40) - Millisecond);
        using var stillRefused = await phone.PostAsync(operation, pairing.Jwt, "{}", client);
        await stillRefused.AssertProblemAsync(429, "Too many requests", "rate_limited");
        Assert.Equal(TimeSpan.FromSeconds(1), stillRefused.Headers.RetryAfter?.Delta);

        _app.FakeClock.Advance(Millisecond);
        using var again = await phone.PostAsync(operation, pairing.Jwt, "{}", client);
        await again.AssertProblemAsync(400, "Bad request", "validation_failed");

        // Each has its own limit: the other operation was never counted.
        using var other = await phone.PostAsync(operation == "init" ? "complete" : "init", pairing.Jwt, "{}", client);
        await other.AssertProblemAsync(400, "Bad request", "validation_failed");
    }

    [Fact]
    public async Task RateLimit_Refusal_UsesNothingUp()
    {
        var pairing = await (await _app.CreateTenantAsync()).CreatePairingAsync(ttlSeconds: 300);
        using var phone = new TestPhone(_app);
        using var client = Client();
        for (var i = 0; i < 10; i++)
        {
            using var response = await phone.PostAsync("init", pairing.Jwt, "{}", client);
        }

        for (var i = 0; i < 30; i++)
        {
            using var refused = await phone.PostInitAsync(pairing.Jwt, client: client);
            Assert.Equal(HttpStatusCode.TooManyRequests, refused.StatusCode);
        }

        Assert.Equal(("CREATED", "created"), await pairing.StatusAsync());
        Assert.Equal(["PairingCreated"], await _app.EventsOfAsync(pairing.Jti));

        // Refused attempts did not count, neither for the pairing nor for the address.
        _app.FakeClock.Advance(TimeSpan.FromMinutes(1));
        using var taken = await phone.PostInitAsync(pairing.Jwt, client: client);
        Assert.Equal(HttpStatusCode.OK, taken.StatusCode);
    }

    [Fact]
    public async Task RateLimit_SixtyFirstCallFromAnAddress_IsRefusedWhateverThePairing()
    {
        var tenant = await _app.CreateTenantAsync();
        using var phone = new TestPhone(_app);
        using var client = Client();
        for (var i = 0; i < 6; i++)
        {
            var pairing = await tenant.CreatePairingAsync();
            for (var j = 0; j < 10; j++)
            {
                using var allowed = await phone.PostAsync(j % 2 == 0 ? "init" : "complete", pairing.Jwt, "{}", client);
                Assert.Equal(HttpStatusCode.BadRequest, allowed.StatusCode);
            }
        }

        var next = await tenant.CreatePairingAsync();
        using var refused = await phone.PostInitAsync(next.Jwt, client: client);
        await refused.AssertProblemAsync(429, "Too many requests", "rate_limited");
        using var elsewhere = Client();
        using var taken = await phone.PostInitAsync(next.Jwt, client: elsewhere);
        Assert.Equal(HttpStatusCode.OK, taken.StatusCode);
    }

    [Fact]
    public async Task RateLimit_InParallel_LetsExactlyTenThrough()
    {
        var pairing = await (await _app.CreateTenantAsync()).CreatePairingAsync();
        using var phone = new TestPhone(_app);
        using var client = Client();

        var responses = await Task.WhenAll(Enumerable.Range(0, 40).Select(_ => phone.PostAsync("complete", pairing.Jwt, "{}", client)));

        Assert.Equal(10, responses.Count(response => response.StatusCode == HttpStatusCode.BadRequest));
        Assert.Equal(30, responses.Count(response => response.StatusCode == HttpStatusCode.TooManyRequests));
    }

    [Fact]
    public async Task RateLimit_TokenNotGenuine_DoesNotCount()
    {
        var pairing = await (await _app.CreateTenantAsync()).CreatePairingAsync();
        using var phone = new TestPhone(_app);
        using var client = Client();
        var forged = pairing.Jwt[..^8] + "AAAAAAAA";
        for (var i = 0; i < 20; i++)
        {
            using var refused = await phone.PostInitAsync(forged, client: client);
            await refused.AssertProblemAsync(401, "Unauthorized", "invalid_token");
        }

        using var taken = await phone.PostInitAsync(pairing.Jwt, client: client);
        Assert.Equal(HttpStatusCode.OK, taken.StatusCode);
    }

    /// <summary>A client cannot choose its address: the header counts only when the peer is the gateway, and only its last entry.</summary>
    [Theory]
    [InlineData("198.51.100.1", false)] // anybody
    [InlineData("127.0.0.1", true)] // the gateway on one machine
    [InlineData("198.51.100.7", true)] // listed
    [InlineData("192.0.2.200", true)] // in a listed network
    [InlineData("192.0.2.100", false)]
    public async Task RateLimit_ForwardedFor_IsBelievedFromTheGatewayOnly(string peer, bool believed)
    {
        var tenant = await _app.CreateTenantAsync();
        using var phone = new TestPhone(_app);
        var limitedAt = -1;
        for (var i = 0; i < 61; i++)
        {
            using var client = _app.CreateClient();
            client.DefaultRequestHeaders.Add("X-Test-Peer", peer);
            client.DefaultRequestHeaders.Add("X-Forwarded-For", $"192.0.2.1, 203.0.113.{i + 100}");
            using var response = await phone.PostAsync("init", (await tenant.CreatePairingAsync()).Jwt, "{}", client);
            if (response.StatusCode == HttpStatusCode.TooManyRequests)
            {
                limitedAt = i;
                break;
            }
        }

        Assert.Equal(believed ? -1 : 60, limitedAt);
    }

    private HttpClient Client()
    {
        var client = _app.CreateClient();
        client.DefaultRequestHeaders.Add("X-Test-Peer", "127.0.0.1");
        client.DefaultRequestHeaders.Add("X-Forwarded-For", $"10.0.0.{Interlocked.Increment(ref s_address)}");
        return client;
    }

    /// <summary>A service with limits and a clock of its own; header X-Test-Peer is the address from which a connection comes.</summary>
    public sealed class LimitedApp : IAsyncLifetime
    {
        public PairingApp App { get; private set; } = null!;

        public async ValueTask InitializeAsync() => App = await PairingApp.StartAsync(
            new Dictionary<string, string?>(StringComparer.Ordinal) { ["Pairing:RateLimits"] = "true", ["Pairing:TrustedProxies"] = "198.51.100.7, 192.0.2.128/25" },
            new FakeClock(),
            services => services.AddSingleton<IStartupFilter, TestPeer>());

        public ValueTask DisposeAsync() => App.DisposeAsync();
    }

    private sealed class TestPeer : IStartupFilter
    {
        public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next) => app =>
        {
            app.Use((context, following) =>
            {
                if (context.Request.Headers["X-Test-Peer"] is [{ } peer])
                {
                    context.Connection.RemoteIpAddress = IPAddress.Parse(peer);
                }

                return following(context);
            });
            next(app);
        };
    }
}
