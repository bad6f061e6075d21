using System.Net;
using Npgsql;
using Pairing.Tests.Infrastructure;
using StackExchange.Redis;
using TestSupport;

namespace Pairing.Tests.Data;

/// <summary>Postgres or Redis away (contract §5.2, platform §6): 503, nothing used up, everything goes on afterwards.</summary>
public sealed class OutageTests : IAsyncLifetime
{
    private CuttableProxy _postgres = null!;
    private CuttableProxy _redis = null!;
    private PairingApp _app = null!;

    public async ValueTask InitializeAsync()
    {
        var servers = await BackingServers.GetAsync();
        var database = new NpgsqlConnectionStringBuilder(await servers.CreateDatabaseAsync("pairing-db"));
        var redis = ConfigurationOptions.Parse(servers.Redis);
        var (host, port) = redis.EndPoints[0] switch
        {
            DnsEndPoint dns => (dns.Host, dns.Port),
            IPEndPoint ip => (ip.Address.ToString(), ip.Port),
            var other => throw new NotSupportedException(other.ToString()),
        };
        _postgres = new CuttableProxy(database.Host!, database.Port);
        _redis = new CuttableProxy(host, port);
        database.Port = _postgres.Port;
        database.Host = "127.0.0.1";
        _app = await PairingApp.StartAsync(new Dictionary<string, string?>(StringComparer.Ordinal)
        {
            ["ConnectionStrings:pairing-db"] = database.ConnectionString,
            ["ConnectionStrings:redis"] = $"127.0.0.1:{_redis.Port},password={redis.Password},defaultDatabase={redis.DefaultDatabase ?? 0},connectTimeout=500",
        });
    }

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        await _postgres.DisposeAsync();
        await _redis.DisposeAsync();
    }

    [Fact]
    public async Task PostgresAway_EveryChangeIsRefusedAndNothingIsUsedUp()
    {
        var tenant = await _app.CreateTenantAsync();
        var created = await tenant.CreatePairingAsync();
        var pending = await tenant.CreatePairingAsync();
        using var phone = new TestPhone(_app);
        var nonce = await phone.InitAsync(pending.Jwt);
        var dataToken = await phone.DataTokenAsync();

        _postgres.Cut();
        await UnavailableAsync(phone.PostInitAsync(created.Jwt));
        await UnavailableAsync(phone.PostCompleteAsync(pending.Jwt, phone.Sign(nonce), dataToken));
        await UnavailableAsync(phone.PostCompleteAsync(pending.Jwt, phone.Sign("x"), dataToken));
        await UnavailableAsync(tenant.PostPairingAsync(new { userId = created.UserId, username = "a" }));
        await UnavailableAsync(tenant.SendAsync(HttpMethod.Get, $"/tenants/v1/pairing/status/{created.Jti}"));
        await UnavailableAsync(tenant.SendAsync(HttpMethod.Delete, $"/tenants/v1/users/{created.UserId}/devices/x"));
        await HealthAsync(HttpStatusCode.ServiceUnavailable);
        _postgres.Mend();
        await HealthAsync(HttpStatusCode.OK);

        Assert.Equal(("CREATED", "created"), await created.StatusAsync());
        Assert.Equal(("PENDING", "initialized"), await pending.StatusAsync());
        await phone.InitAsync(created.Jwt);
        using var complete = await phone.PostCompleteAsync(pending.Jwt, phone.Sign(nonce), dataToken);
        Assert.Equal(HttpStatusCode.NoContent, complete.StatusCode);
        Assert.Equal(["PairingCreated", "PairingInitialized", "DevicePaired"], await _app.EventsOfAsync(pending.Jti));
    }

    [Fact]
    public async Task RedisAway_WhatNeedsItIsRefusedAndTheRestGoesOn()
    {
        var tenant = await _app.CreateTenantAsync();
        var linked = await tenant.CreatePairingAsync();
        var created = await tenant.CreatePairingAsync();
        using var phone = new TestPhone(_app);
        await phone.PairAsync(linked);
        var dataToken = await phone.DataTokenAsync();

        _redis.Cut();
        await UnavailableAsync(phone.PostInitAsync(created.Jwt));
        await UnavailableAsync(phone.PostCompleteAsync(created.Jwt, phone.Sign("x"), dataToken));
        await UnavailableAsync(tenant.PostPairingAsync(new { userId = Guid.NewGuid(), username = "a" }));
        await UnavailableAsync(tenant.SendAsync(HttpMethod.Get, $"/tenants/v1/pairing/status/{created.Jti}"));
        Assert.Equal(("APPROVED", "completed"), await linked.StatusAsync());
        Assert.Single((await tenant.DevicesAsync(linked.UserId)).EnumerateArray());
        await _app.CreateTenantAsync();
        await HealthAsync(HttpStatusCode.ServiceUnavailable);
        _redis.Mend();
        await HealthAsync(HttpStatusCode.OK);

        Assert.Equal(("CREATED", "created"), await created.StatusAsync());
        Assert.Equal(["PairingCreated"], await _app.EventsOfAsync(created.Jti));
        await phone.InitAsync(created.Jwt);
    }

    [Fact]
    public async Task RedisStandsStill_CreateThatWasRefusedChangesNothing()
    {
        var tenant = await _app.CreateTenantAsync();
        var pairing = await tenant.CreatePairingAsync();
        using var phone = new TestPhone(_app);
        var nonce = await phone.InitAsync(pairing.Jwt);

        // What it was asked for in that time it does later, in order.
        _redis.Hold();
        await UnavailableAsync(tenant.PostPairingAsync(new { userId = pairing.UserId, username = "a" }));
        _redis.LetGo();
        await HealthAsync(HttpStatusCode.OK);

        Assert.Equal(("PENDING", "initialized"), await pairing.StatusAsync());
        Assert.Empty(await _app.EventBodiesAsync("PairingDenied", pairing.UserId));
        using var complete = await phone.PostCompleteAsync(pairing.Jwt, nonce);
        Assert.Equal(HttpStatusCode.NoContent, complete.StatusCode);
    }

    private static async Task UnavailableAsync(Task<HttpResponseMessage> request)
    {
        using var response = await request;
        await response.AssertProblemAsync(503, "Service unavailable", "service_unavailable");
        Assert.InRange(response.Headers.RetryAfter!.Delta!.Value, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(30));
    }

    // Clients reconnect in their own time.
    private async Task HealthAsync(HttpStatusCode expected)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(120));
        while (true)
        {
            using var response = await _app.Client.GetAsync("/actuator/health", limit.Token);
            if (response.StatusCode == expected)
            {
                return;
            }

            await Task.Delay(100, limit.Token);
        }
    }
}
