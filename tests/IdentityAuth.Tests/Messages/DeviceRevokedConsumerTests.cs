using DeviceRegistry.Contracts.V1;
using IdentityAuth.Domain;
using IdentityAuth.Tests.Infrastructure;
using MassTransit;

namespace IdentityAuth.Tests.Messages;

/// <summary>A revoked device ends the session on which it was registered.</summary>
public sealed class DeviceRevokedConsumerTests(IdentityApp app)
{
    private const int Repetitions = 20;

    [Fact]
    public async Task DeviceRevokedConsumer_SameMessageTwice_EndsThatSessionOnce()
    {
        using var client = app.CreateClient();
        var account = await client.RegisterAsync();
        var device = await client.TokenAsync(account.Email);
        Assert.True(await client.IsAliveAsync(device));
        var message = Revoked(account.Id, SessionToken.IdHash(SessionToken.Hash(device)));
        var id = Guid.NewGuid();

        await EndedAsync(client, device, message, id);
        for (var time = 0; time < Repetitions; time++)
        {
            await PublishAsync(message, id);
        }

        var last = await client.TokenAsync(account.Email);
        await EndedAsync(client, last, Revoked(account.Id, SessionToken.IdHash(SessionToken.Hash(last))), Guid.NewGuid());

        Assert.True(await client.IsAliveAsync(account.Token));
        Assert.Equal(["device_revoked", "device_revoked"], (await app.EventBodiesAsync("SessionsRevoked", account.Id)).Select(one => one.Text("reason")));
    }

    [Fact]
    public async Task DeviceRevokedConsumer_SomebodyElsesSession_IsLeftAlone()
    {
        using var client = app.CreateClient();
        var account = await client.RegisterAsync();
        var victim = await client.RegisterAsync();
        var last = await client.TokenAsync(account.Email);

        for (var time = 0; time < Repetitions; time++)
        {
            await PublishAsync(Revoked(account.Id, SessionToken.IdHash(SessionToken.Hash(victim.Token))), Guid.NewGuid());
            await PublishAsync(Revoked(account.Id, null), Guid.NewGuid());
            await PublishAsync(Revoked("not-ours", "rubbish"), Guid.NewGuid());
        }

        await EndedAsync(client, last, Revoked(account.Id, SessionToken.IdHash(SessionToken.Hash(last))), Guid.NewGuid());

        Assert.True(await client.IsAliveAsync(victim.Token));
        Assert.True(await client.IsAliveAsync(account.Token));
    }

    private Task PublishAsync(DeviceRevoked message, Guid id) => app.Get<IBus>().Publish(message, context => context.MessageId = id);

    // The services of all test classes share the queue, each with a database of its own: a message is sent until the right one has it.
    private async Task EndedAsync(TestClient client, string token, DeviceRevoked message, Guid id)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        do
        {
            await PublishAsync(message, id);
            await Task.Delay(50, limit.Token);
        }
        while (await client.IsAliveAsync(token));
    }

    private static DeviceRevoked Revoked(string userId, string? sessionId) => new()
    {
        GroupId = 1,
        GroupName = "group",
        DeviceId = Guid.NewGuid(),
        UserId = userId,
        PublicKeyThumbprint = "t",
        SessionId = sessionId,
        Actor = "somebody",
        OccurredAt = DateTimeOffset.UtcNow,
    };
}
