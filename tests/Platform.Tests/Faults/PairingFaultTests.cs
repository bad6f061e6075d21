using System.Collections.Concurrent;
using System.Net;
using Npgsql;
using Pairing.Contracts.V1;
using PhoneSimulator;

namespace Platform.Tests.Faults;

/// <summary>Processes die at the worst moment; what was acknowledged stays.</summary>
public sealed class PairingFaultTests(PrivatePlatform stack) : IClassFixture<PrivatePlatform>
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task RabbitMQ_KilledUnderLoad_NoAcknowledgedPairingLosesItsEvent()
    {
        const int phones = 60;
        using var client = Caller.New(stack.Gateway);
        var loginServer = await stack.CreateTenantAsync(client);
        await using var events = await EventTap.OnAsync<DevicePaired>(stack.Broker);
        var broker = await stack.ProcessOfAsync("rabbitmq");
        var acknowledged = new ConcurrentBag<string>();

        await Parallel.ForEachAsync(Enumerable.Range(0, phones), new ParallelOptions { MaxDegreeOfParallelism = 6 }, async (number, cancellationToken) =>
        {
            if (number == phones / 3)
            {
                Signal.Kill(broker);
            }

            acknowledged.Add(await PairAsync(loginServer, cancellationToken));
        });
        await stack.WaitForSuccessorAsync("rabbitmq", broker);

        Assert.Equal(phones, acknowledged.Count); // requests go on without the broker
        var published = await WhenBrokerIsBackAsync(() => events.ReadAsync(acknowledged));
        Assert.Equal(acknowledged.Order(StringComparer.Ordinal), published.Keys.Order(StringComparer.Ordinal));
        Assert.All(published.Values, messageIds => Assert.Single(messageIds));
    }

    /// <summary>
    /// Redis stands still, so pairing hangs between its commit in Postgres and the state APPROVED in Redis; there it is killed.
    /// </summary>
    [Fact]
    public async Task Pairing_KilledBetweenCommitAndApproved_TheLinkDecides()
    {
        var user = Guid.NewGuid();
        using var client = Caller.New(stack.Gateway);
        var loginServer = await stack.CreateTenantAsync(client);
        await using var events = await EventTap.OnAsync<DevicePaired>(stack.Broker);
        using var phone = new Phone(client, await loginServer.CreatePairingAsync(user, "ada"));
        var jti = Guid.Parse(phone.PairingId);
        var challenge = await phone.InitAsync();
        var dataToken = phone.CreateDataToken(await phone.GetEncryptionKeyAsync());
        var pairing = await stack.ProcessOfAsync("pairing");
        var redis = await stack.ProcessOfAsync("redis");

        // Completing claims the pairing in Redis first, and then waits for this table.
        await using var blocker = await stack.Database.OpenAsync();
        await using var blocking = await blocker.BeginTransactionAsync();
        await using (var command = new NpgsqlCommand("LOCK TABLE pairing_link IN ACCESS EXCLUSIVE MODE", blocker, blocking))
        {
            await command.ExecuteNonQueryAsync();
        }

        var complete = phone.CompleteAsync(dataToken, phone.Sign(challenge.Nonce));
        await Eventually.IsTrueAsync(() => SomebodyWaitsAsync(blocker), Patience, "Pairing did not come to its transaction");
        Signal.Pause(redis);
        try
        {
            await blocking.CommitAsync();
            await Eventually.IsTrueAsync(async () => await stack.Database.LinksAsync(jti) == 1, Patience, "The link was not committed");
            Signal.Kill(pairing);
        }
        finally
        {
            Signal.Continue(redis);
        }

        var refusal = await Assert.ThrowsAsync<GatewayRefusalException>(() => complete);
        Assert.Equal((HttpStatusCode.ServiceUnavailable, "service_unavailable"), (refusal.Status, refusal.Error));

        await stack.WaitForSuccessorAsync("pairing", pairing);
        var status = await Eventually.GetAsync(() => StatusAsync(loginServer, phone), Patience, "Pairing did not answer again");
        Assert.Equal(PairingAnswer.Approved, status);
        var replay = await Assert.ThrowsAsync<GatewayRefusalException>(() => phone.CompleteAsync(dataToken, phone.Sign(challenge.Nonce)));
        Assert.Equal("pairing_replayed", replay.Error);
        Assert.Equal((1, 1), (await stack.Database.UsersAsync(user), await stack.Database.DevicesAsync(user)));
        Assert.Single((await events.ReadAsync([phone.PairingId]))[phone.PairingId]);
    }

    private async Task<string> PairAsync(LoginServer loginServer, CancellationToken cancellationToken)
    {
        using var client = Caller.New(stack.Gateway); // pairing allows 60 calls a minute from one address
        using var phone = new Phone(client, await loginServer.CreatePairingAsync(Guid.NewGuid(), "ada", cancellationToken));
        await phone.CompleteAsync(await phone.InitAsync(cancellationToken), cancellationToken);
        return phone.PairingId;
    }

    private static async Task<bool> SomebodyWaitsAsync(NpgsqlConnection connection)
    {
        await using var command = new NpgsqlCommand(
            "SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted AND relation = 'pairing_link'::regclass)", connection);
        return (bool)(await command.ExecuteScalarAsync())!;
    }

    private static async Task<PairingAnswer?> StatusAsync(LoginServer loginServer, Phone phone)
    {
        try
        {
            return await loginServer.GetStatusAsync(phone.PairingId) == "APPROVED" ? PairingAnswer.Approved : PairingAnswer.SomethingElse;
        }
        catch (GatewayRefusalException refusal) when (refusal.Status == HttpStatusCode.ServiceUnavailable)
        {
            return null; // not up again yet
        }
    }

    /// <summary>The port is open before the queues are.</summary>
    private static async Task<T> WhenBrokerIsBackAsync<T>(Func<Task<T>> read)
    {
        var deadline = DateTimeOffset.UtcNow + Patience;
        while (true)
        {
            try
            {
                return await read();
            }
            catch (Exception exception) when (exception is RabbitMQ.Client.Exceptions.RabbitMQClientException or IOException && DateTimeOffset.UtcNow < deadline)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(500));
            }
        }
    }

    private enum PairingAnswer
    {
        Approved,
        SomethingElse,
    }
}
