using System.Net;
using Microsoft.Extensions.Hosting;
using Pairing.Messages;
using Pairing.Tests.Infrastructure;
using TestSupport;

namespace Pairing.Tests.Features;

/// <summary>Contract §7.3. Two instances on the same servers: one is called by phones, the other streams.</summary>
public sealed class StreamPairingStatusTests(StreamPairingStatusTests.TwoInstances instances) : IClassFixture<StreamPairingStatusTests.TwoInstances>
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    // The streaming instance's clock stands still, so its slow look never comes: what arrives was brought by an event.
    private readonly PairingApp _calls = instances.Calls;
    private readonly PairingApp _streams = instances.Streams;

    [Fact]
    public async Task Stream_WholePairingOnAnotherInstance_TellsEachChangeAndEnds()
    {
        var pairing = await (await _calls.CreateTenantAsync()).CreatePairingAsync();
        using var phone = new TestPhone(_calls);
        using var stream = await OpenAsync(_streams, pairing);

        Assert.Equal("text/event-stream", stream.Response.Content.Headers.ContentType?.MediaType);
        Assert.Equal("no-store", stream.Response.Headers.CacheControl?.ToString());
        Assert.Equal(["retry: 1500"], await stream.ReadAsync());
        Assert.Equal(["id: 1", """data: {"status":"CREATED","reason":"created"}"""], await stream.ReadAsync());
        var nonce = await phone.InitAsync(pairing.Jwt);
        Assert.Equal(["id: 2", """data: {"status":"PENDING","reason":"initialized"}"""], await stream.ReadAsync());
        using var complete = await phone.PostCompleteAsync(pairing.Jwt, nonce);
        Assert.Equal(["id: 3", """data: {"status":"APPROVED","reason":"completed"}"""], await stream.ReadAsync());
        Assert.Null(await stream.ReadAsync());
    }

    [Fact]
    public async Task Stream_Superseded_TellsAndEnds()
    {
        var pairing = await (await _calls.CreateTenantAsync()).CreatePairingAsync();
        using var stream = await OpenAsync(_streams, pairing);
        await stream.SkipAsync(2);
        await pairing.Tenant.CreatePairingAsync(pairing.UserId);
        Assert.Equal(["id: 3", """data: {"status":"DENIED","reason":"superseded"}"""], await stream.ReadAsync());
        Assert.Null(await stream.ReadAsync());
    }

    [Fact]
    public async Task Stream_TerminalPairing_TellsAtOnceAndEnds()
    {
        var pairing = await (await _calls.CreateTenantAsync()).CreatePairingAsync();
        await pairing.Tenant.CreatePairingAsync(pairing.UserId);
        using var stream = await OpenAsync(_streams, pairing);
        Assert.Equal(["retry: 1500"], await stream.ReadAsync());
        Assert.Equal(["id: 3", """data: {"status":"DENIED","reason":"superseded"}"""], await stream.ReadAsync());
        Assert.Null(await stream.ReadAsync());
    }

    [Theory]
    [InlineData("3", false)]
    [InlineData("4", false)]
    [InlineData("2", true)]
    [InlineData("1", true)]
    [InlineData("x", true)]
    public async Task Stream_LastEventId_NothingIsRepeated(string lastEventId, bool told)
    {
        var pairing = await (await _calls.CreateTenantAsync()).CreatePairingAsync();
        await pairing.Tenant.CreatePairingAsync(pairing.UserId);
        using var stream = await OpenAsync(_streams, pairing, lastEventId);
        Assert.Equal(["retry: 1500"], await stream.ReadAsync());
        if (told)
        {
            Assert.Equal("id: 3", (await stream.ReadAsync())![0]);
        }

        Assert.Null(await stream.ReadAsync());
    }

    [Fact]
    public async Task Stream_LastEventIdOfTheCurrentPosition_WaitsForTheNext()
    {
        var pairing = await (await _calls.CreateTenantAsync()).CreatePairingAsync();
        using var phone = new TestPhone(_calls);
        using var stream = await OpenAsync(_streams, pairing, "1");
        Assert.Equal(["retry: 1500"], await stream.ReadAsync());
        await phone.InitAsync(pairing.Jwt);
        Assert.Equal("id: 2", (await stream.ReadAsync())![0]);
    }

    [Fact]
    public async Task Stream_UnknownPairingWithoutRealm_SaysSoAndEnds()
    {
        var tenant = await _calls.CreateTenantAsync();
        using var stream = await OpenAsync(_streams, new TestPairing(tenant, Guid.NewGuid(), Guid.NewGuid(), "", 0, 0));
        Assert.Equal(["retry: 1500"], await stream.ReadAsync());
        Assert.Equal(["""data: {"status":"NOT_FOUND"}"""], await stream.ReadAsync());
        Assert.Null(await stream.ReadAsync());
    }

    [Fact]
    public async Task Stream_FailedClaim_TellsNothingInBetween()
    {
        var pairing = await (await _calls.CreateTenantAsync()).CreatePairingAsync();
        using var phone = new TestPhone(_calls);
        var nonce = await phone.InitAsync(pairing.Jwt);
        using var stream = await OpenAsync(_streams, pairing);
        await stream.SkipAsync(2);
        var token = new Pairing.Domain.PairingToken("hauth:orchestrator", pairing.Jti, pairing.Tenant.Id, pairing.UserId, pairing.Exp, null, false);
        await _calls.Get<Pairing.Data.PairingStore>().ClaimAsync(token, "c");
        _streams.Get<PairingStatusHub>().Notify(pairing.Jti);
        await _calls.Get<Pairing.Data.PairingStore>().ReleaseAsync(pairing.Jti, "c");
        _streams.Get<PairingStatusHub>().Notify(pairing.Jti);
        using var complete = await phone.PostCompleteAsync(pairing.Jwt, nonce);
        Assert.Equal("id: 3", (await stream.ReadAsync())![0]);
    }

    [Fact]
    public async Task Stream_EveryFifteenSeconds_Pings()
    {
        await using var app = await PairingApp.StartAsync(clock: new FakeClock());
        var pairing = await (await app.CreateTenantAsync()).CreatePairingAsync(ttlSeconds: 300);
        var start = app.FakeClock.GetUtcNow();
        using var stream = await OpenAsync(app, pairing);
        await stream.SkipAsync(2);

        for (var ping = 1; ping <= 2; ping++)
        {
            var reading = stream.ReadAsync();
            while (!reading.IsCompleted)
            {
                app.FakeClock.Advance(TimeSpan.FromMilliseconds(500));
                await Task.WhenAny(reading, Task.Delay(20, TestContext.Current.CancellationToken));
            }

            Assert.Equal([": ping"], await reading);
            Assert.True(app.FakeClock.GetUtcNow() - start >= ping * TimeSpan.FromSeconds(15));
        }
    }

    [Fact]
    public async Task Stream_BrokerAway_IsOnlyLate()
    {
        var servers = new Dictionary<string, string?>(StringComparer.Ordinal)
        {
            ["ConnectionStrings:rabbitmq"] = "amqp://guest:guest@127.0.0.1:1", ["Messaging:StartTimeout"] = "00:00:00.1", ["Pairing:StatusStreamFallback"] = "00:00:03",
        };
        await using var app = await PairingApp.StartAsync(servers, new FakeClock());
        var pairing = await (await app.CreateTenantAsync()).CreatePairingAsync(ttlSeconds: 300);
        using var phone = new TestPhone(app);
        using var stream = await OpenAsync(app, pairing);
        await stream.SkipAsync(2);
        await phone.InitAsync(pairing.Jwt);

        var reading = stream.ReadAsync();
        while (!reading.IsCompleted)
        {
            app.FakeClock.Advance(TimeSpan.FromSeconds(1));
            await Task.WhenAny(reading, Task.Delay(20, TestContext.Current.CancellationToken));
        }

        Assert.Equal("id: 2", (await reading)![0]);
    }

    [Fact]
    public async Task Stream_MoreThanAllowed_RejectedUntilOneEnds()
    {
        await using var app = await PairingApp.StartAsync(new Dictionary<string, string?>(StringComparer.Ordinal) { ["Pairing:MaximumStatusStreams"] = "2" });
        var pairing = await (await app.CreateTenantAsync()).CreatePairingAsync();
        using var first = await OpenAsync(app, pairing);
        using var second = await OpenAsync(app, pairing);

        using var third = await pairing.Tenant.SendAsync(HttpMethod.Get, $"/tenants/v1/pairing/status/{pairing.Jti}/events");
        await third.AssertProblemAsync(503, "Service unavailable", "service_unavailable");
        Assert.NotNull(third.Headers.RetryAfter);

        await pairing.Tenant.CreatePairingAsync(pairing.UserId);
        await first.SkipAsync(3);
        Assert.Null(await first.ReadAsync());
        using var limit = new CancellationTokenSource(Patience);
        while (app.Get<PairingStatusHub>().Count == 2)
        {
            await Task.Delay(10, limit.Token);
        }

        using var fourth = await OpenAsync(app, pairing);
        Assert.Equal(HttpStatusCode.OK, fourth.Response.StatusCode);
    }

    [Fact]
    public async Task Stream_ServiceStops_EndsCleanly()
    {
        await using var app = await PairingApp.StartAsync();
        var pairing = await (await app.CreateTenantAsync()).CreatePairingAsync();
        using var stream = await OpenAsync(app, pairing);
        await stream.SkipAsync(2);
        app.Get<IHostApplicationLifetime>().StopApplication();
        Assert.Null(await stream.ReadAsync());
    }

    private static async Task<EventReader> OpenAsync(PairingApp app, TestPairing pairing, string? lastEventId = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/tenants/v1/pairing/status/{pairing.Jti}/events");
        request.Headers.Add("X-API-Key", pairing.Tenant.ApiKey);
        if (lastEventId is not null)
        {
            request.Headers.Add("Last-Event-ID", lastEventId);
        }

        var response = await app.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        return new EventReader(response, await response.Content.ReadAsStreamAsync());
    }

    private sealed class EventReader(HttpResponseMessage response, Stream body) : IDisposable
    {
        private readonly StreamReader _reader = new(body);

        public HttpResponseMessage Response => response;

        /// <summary>The lines of the next block, or null at the end.</summary>
        public async Task<IReadOnlyList<string>?> ReadAsync()
        {
            using var limit = new CancellationTokenSource(Patience);
            var lines = new List<string>();
            while (await _reader.ReadLineAsync(limit.Token) is { } line)
            {
                if (line.Length == 0)
                {
                    return lines;
                }

                lines.Add(line);
            }

            return null;
        }

        public async Task SkipAsync(int blocks)
        {
            for (var i = 0; i < blocks; i++)
            {
                await ReadAsync();
            }
        }

        public void Dispose()
        {
            _reader.Dispose();
            response.Dispose();
        }
    }

    public sealed class TwoInstances : IAsyncLifetime
    {
        public PairingApp Calls { get; private set; } = null!;

        public PairingApp Streams { get; private set; } = null!;

        public async ValueTask InitializeAsync()
        {
            Calls = await PairingApp.StartAsync();
            Streams = await PairingApp.StartAsync(clock: new FakeClock(), sameServersAs: Calls);
        }

        public async ValueTask DisposeAsync()
        {
            await Streams.DisposeAsync();
            await Calls.DisposeAsync();
        }
    }
}
