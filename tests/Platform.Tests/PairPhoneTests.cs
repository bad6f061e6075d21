using System.Net;
using Pairing.Contracts.V1;
using PhoneSimulator;
using TestSupport;

namespace Platform.Tests;

/// <summary>A phone pairs through the gateway: real servers, real signatures.</summary>
public sealed class PairPhoneTests(PairPhoneTests.Tenant tenant) : IClassFixture<PairPhoneTests.Tenant>
{
    [Fact]
    public async Task PairPhone_ThroughTheGateway_IsApprovedAndPublishedOnce()
    {
        var user = Guid.NewGuid();
        using var client = Caller.New(tenant.Gateway);
        await using var events = await EventTap.OnAsync<DevicePaired>(tenant.Broker);
        using var phone = new Phone(client, await tenant.LoginServer.CreatePairingAsync(user, "ada"));

        var challenge = await phone.InitAsync();
        await phone.CompleteAsync(challenge);

        Assert.Equal("ada", challenge.UserName);
        Assert.Equal("APPROVED", await tenant.LoginServer.GetStatusAsync(phone.PairingId));
        var jti = phone.PairingId;
        Assert.Single((await events.ReadAsync([jti]))[jti]);
    }

    [Fact]
    public async Task CompletePairing_WrongKeySigned_IsDeniedAndNothingIsPublished()
    {
        var user = Guid.NewGuid();
        using var client = Caller.New(tenant.Gateway);
        await using var events = await EventTap.OnAsync<DevicePaired>(tenant.Broker);
        using var phone = new Phone(client, await tenant.LoginServer.CreatePairingAsync(user, "eve"));
        using var stranger = new Phone(client, await tenant.LoginServer.CreatePairingAsync(Guid.NewGuid(), "mallory"));

        var challenge = await phone.InitAsync();
        var dataToken = phone.CreateDataToken(await phone.GetEncryptionKeyAsync());
        var refusal = await Assert.ThrowsAsync<GatewayRefusalException>(() => phone.CompleteAsync(dataToken, stranger.Sign(challenge.Nonce)));

        Assert.Equal((HttpStatusCode.BadRequest, "signature_invalid"), (refusal.Status, refusal.Error));
        Assert.Equal("DENIED", await tenant.LoginServer.GetStatusAsync(phone.PairingId));
        Assert.Equal(0, await tenant.Database.UsersAsync(user));
        Assert.DoesNotContain(phone.PairingId, await events.ReadAsync([]));
    }

    /// <summary>The limit of ten attempts a minute applies as well, so most losers are told 429; see pairing's own tests for the others.</summary>
    [Fact]
    public async Task CompletePairing_200InParallel_OneLinkOneRowOneEvent()
    {
        var user = Guid.NewGuid();
        await using var events = await EventTap.OnAsync<DevicePaired>(tenant.Broker);
        using var client = Caller.New(tenant.Gateway);
        using var phone = new Phone(client, await tenant.LoginServer.CreatePairingAsync(user, "ada"));
        var challenge = await phone.InitAsync();
        var dataToken = phone.CreateDataToken(await phone.GetEncryptionKeyAsync());
        var signature = phone.Sign(challenge.Nonce);

        using var start = new SemaphoreSlim(0);
        var attempts = Enumerable.Range(0, 200).Select(async _ =>
        {
            await start.WaitAsync();
            return await AttemptAsync(() => phone.CompleteAsync(dataToken, signature));
        }).ToArray();
        start.Release(attempts.Length);
        var outcomes = await Task.WhenAll(attempts);

        Assert.Single(outcomes, "ok");
        Assert.All(outcomes, outcome => Assert.Contains(outcome, (string[])["ok", "pairing_not_pending", "pairing_replayed", "rate_limited"]));
        var jti = Guid.Parse(phone.PairingId);
        Assert.Equal(1, await tenant.Database.LinksAsync(jti));
        Assert.Equal(1, await tenant.Database.UsersAsync(user));
        Assert.Equal(1, await tenant.Database.DevicesAsync(user));
        Assert.Single((await events.ReadAsync([phone.PairingId]))[phone.PairingId]);
    }

    private static async Task<string> AttemptAsync(Func<Task> attempt)
    {
        try
        {
            await attempt();
            return "ok";
        }
        catch (GatewayRefusalException refusal)
        {
            return refusal.Error;
        }
    }

    /// <summary>A tenant of this class's own on the stack that the test run shares.</summary>
    public sealed class Tenant : IAsyncLifetime, IDisposable
    {
        private HttpClient? client;

        public Uri Gateway { get; private set; } = null!;

        public string Broker { get; private set; } = "";

        public LoginServer LoginServer { get; private set; } = null!;

        internal PairingDatabase Database { get; private set; } = null!;

        public async ValueTask InitializeAsync()
        {
            var stack = (await BackingServers.GetAsync()).Stack;
            Gateway = stack.Gateway;
            Broker = stack.RabbitMQ;
            Database = new PairingDatabase(stack.Postgres);
            client = Caller.New(Gateway);
            LoginServer = new LoginServer(client, await LoginServer.CreateTenantAsync(client, stack.PairingAdminKey));
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }

        public void Dispose() => client?.Dispose();
    }
}
