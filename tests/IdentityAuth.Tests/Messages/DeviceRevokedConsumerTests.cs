using DeviceRegistry.Contracts.V1;
using IdentityAuth.Domain;
using IdentityAuth.Tests.Infrastructure;
using MassTransit;

namespace IdentityAuth.Tests.Messages;

/// <summary>A revoked device ends the session on which it was registered.</summary>
public sealed class DeviceRevokedConsumerTests(IdentityApp app)
{
    [Fact]
    public async Task DeviceRevokedConsumer_SameMessageTwice_EndsThatSessionOnce()
    {
        using var client = app.CreateClient();
        var account = await client.RegisterAsync();
        var device = await client.TokenAsync(account.Email);
        Assert.True(await client.IsAliveAsync(device));
        var message = Revoked(account.Id, SessionToken.IdHash(SessionToken.Hash(device)));
        var id = Guid.NewGuid();

        await PublishAsync(message, id);
        await PublishAsync(message, id);
        await EndedAsync(client, device);

        Assert.True(await client.IsAliveAsync(account.Token));
        Assert.Equal("device_revoked", Assert.Single(await app.EventBodiesAsync("SessionsRevoked", account.Id)).Text("reason"));
    }

    [Fact]
    public async Task DeviceRevokedConsumer_SomebodyElsesSession_IsLeftAlone()
    {
        using var client = app.CreateClient();
        var account = await client.RegisterAsync();
        var victim = await client.RegisterAsync();
        var last = await client.TokenAsync(account.Email);

        await PublishAsync(Revoked(account.Id, SessionToken.IdHash(SessionToken.Hash(victim.Token))), Guid.NewGuid());
        await PublishAsync(Revoked(account.Id, null), Guid.NewGuid());
        await PublishAsync(Revoked("not-ours", "rubbish"), Guid.NewGuid());
        await PublishAsync(Revoked(account.Id, SessionToken.IdHash(SessionToken.Hash(last))), Guid.NewGuid());
        await EndedAsync(client, last);

        Assert.True(await client.IsAliveAsync(victim.Token));
        Assert.True(await client.IsAliveAsync(account.Token));
    }

    private Task PublishAsync(DeviceRevoked message, Guid id) => app.Get<IBus>().Publish(message, context => context.MessageId = id);

    private static async Task EndedAsync(TestClient client, string token)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (await client.IsAliveAsync(token))
        {
            await Task.Delay(20, limit.Token);
        }
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
