using System.Buffers.Text;
using System.Security.Cryptography;
using DeviceRegistry.Contracts.V1;
using MassTransit;
using Pairing.Tests.Infrastructure;

namespace Pairing.Tests.Messages;

/// <summary>A device that its group has shut out is no paired phone any more: over the real broker.</summary>
public sealed class DeviceRevokedConsumerTests(PairingApp app)
{
    [Fact]
    public async Task DeviceRevoked_PairedPhone_IsUnlinkedAndTheUserCanPairAgain()
    {
        var pairing = await (await app.CreateTenantAsync()).CreatePairingAsync();
        using var phone = new TestPhone(app);
        await phone.PairAsync(pairing);
        var paired = Assert.Single(await app.EventBodiesAsync("DevicePaired", pairing.UserId));

        await DeliverAsync(Revoked(pairing, phone));

        Assert.Empty((await pairing.Tenant.DevicesAsync(pairing.UserId)).EnumerateArray());
        Assert.Equal(1, await app.RowsOfUserAsync(pairing.UserId)); // the link stays: its jti is never good again
        var unpaired = Assert.Single(await app.EventBodiesAsync("DeviceUnpaired", pairing.UserId));
        Assert.Equal(paired.Text("deviceReference"), unpaired.Text("deviceReference"));
        Assert.Equal(phone.DeviceId, unpaired.Text("deviceId"));
        Assert.Equal(phone.Thumbprint, unpaired.Text("publicKeyThumbprint"));

        using var successor = new TestPhone(app);
        await successor.PairAsync(await pairing.Tenant.CreatePairingAsync(pairing.UserId));
        Assert.Equal(2, (await app.EventBodiesAsync("DevicePaired", pairing.UserId)).Count);
    }

    [Fact]
    public async Task DeviceRevoked_SameMessageTwice_UnlinksOnce()
    {
        var pairing = await (await app.CreateTenantAsync()).CreatePairingAsync();
        using var phone = new TestPhone(app);
        await phone.PairAsync(pairing);
        var revoked = Revoked(pairing, phone) with { OccurredAt = DateTimeOffset.UtcNow.AddDays(1) };
        var id = Guid.NewGuid();
        await DeliverAsync(revoked, id);
        // Paired again, with the same key: only the message's id tells that the second delivery is the first one again.
        await phone.PairAsync(await pairing.Tenant.CreatePairingAsync(pairing.UserId));

        await app.Get<IBus>().Publish(revoked, context => context.MessageId = id);
        await DeliverAsync(revoked with { UserId = Guid.NewGuid().ToString() });

        Assert.Single((await pairing.Tenant.DevicesAsync(pairing.UserId)).EnumerateArray());
        Assert.Single(await app.EventBodiesAsync("DeviceUnpaired", pairing.UserId));
    }

    [Fact]
    public async Task DeviceRevoked_AnotherMessageAfterwards_PublishesNothing()
    {
        var pairing = await (await app.CreateTenantAsync()).CreatePairingAsync();
        using var phone = new TestPhone(app);
        await phone.PairAsync(pairing);

        await DeliverAsync(Revoked(pairing, phone));
        await DeliverAsync(Revoked(pairing, phone));

        Assert.Single(await app.EventBodiesAsync("DeviceUnpaired", pairing.UserId));
    }

    [Fact]
    public async Task DeviceRevoked_BeforeThePhoneWasLinked_LeavesItAlone()
    {
        var pairing = await (await app.CreateTenantAsync()).CreatePairingAsync();
        using var phone = new TestPhone(app);
        var earlier = DateTimeOffset.UtcNow;
        await phone.PairAsync(pairing);

        await DeliverAsync(Revoked(pairing, phone) with { OccurredAt = earlier });

        Assert.Single((await pairing.Tenant.DevicesAsync(pairing.UserId)).EnumerateArray());
        Assert.Empty(await app.EventBodiesAsync("DeviceUnpaired", pairing.UserId));
    }

    public static readonly TheoryData<string> Mismatches = ["tenant", "user", "key"];

    [Theory]
    [MemberData(nameof(Mismatches))]
    public async Task DeviceRevoked_OneOfTenantUserAndKeyDiffers_LeavesThePhoneAlone(string what)
    {
        var pairing = await (await app.CreateTenantAsync()).CreatePairingAsync();
        using var phone = new TestPhone(app);
        await phone.PairAsync(pairing);
        var revoked = Revoked(pairing, phone);

        await DeliverAsync(what switch
        {
            "tenant" => revoked with { GroupName = Guid.NewGuid().ToString() },
            "user" => revoked with { UserId = Guid.NewGuid().ToString() },
            _ => revoked with { PublicKeyThumbprint = Base64Url.EncodeToString(SHA256.HashData("another key"u8)) },
        });

        Assert.Single((await pairing.Tenant.DevicesAsync(pairing.UserId)).EnumerateArray());
        Assert.Empty(await app.EventBodiesAsync("DeviceUnpaired", pairing.UserId));
    }

    [Fact]
    public async Task DeviceRevoked_KeyOfTwoUsers_UnlinksOnlyTheNamedOne()
    {
        var first = await (await app.CreateTenantAsync()).CreatePairingAsync();
        var second = await first.Tenant.CreatePairingAsync();
        using var phone = new TestPhone(app);
        using var twin = new TestPhone(app, phone.Key);
        await phone.PairAsync(first);
        await twin.PairAsync(second);

        await DeliverAsync(Revoked(first, phone));

        Assert.Empty((await first.Tenant.DevicesAsync(first.UserId)).EnumerateArray());
        Assert.Single((await second.Tenant.DevicesAsync(second.UserId)).EnumerateArray());
    }

    [Fact]
    public async Task DeviceRevoked_OfAGroupThatIsNoTenant_IsPassedOver()
    {
        var pairing = await (await app.CreateTenantAsync()).CreatePairingAsync();
        using var phone = new TestPhone(app);
        await phone.PairAsync(pairing);
        var revoked = Revoked(pairing, phone);
        Guid[] ids = [Guid.NewGuid(), Guid.NewGuid(), Guid.NewGuid()];

        await app.Get<IBus>().Publish(revoked with { GroupName = "family" }, context => context.MessageId = ids[0]);
        await app.Get<IBus>().Publish(revoked with { UserId = "1234567890" }, context => context.MessageId = ids[1]);
        await app.Get<IBus>().Publish(revoked with { PublicKeyThumbprint = "t" }, context => context.MessageId = ids[2]);
        await DeliverAsync(revoked with { UserId = Guid.NewGuid().ToString() });

        Assert.Single((await pairing.Tenant.DevicesAsync(pairing.UserId)).EnumerateArray());
        Assert.Equal(0, await app.CountAsync("SELECT count(*) FROM inbox WHERE message_id = ANY(@ids)", new { ids }));
    }

    private static DeviceRevoked Revoked(TestPairing pairing, TestPhone phone) => new()
    {
        GroupId = 1,
        GroupName = pairing.Tenant.Id.ToString(),
        DeviceId = Guid.NewGuid(),
        UserId = pairing.UserId.ToString(),
        PublicKeyThumbprint = phone.Thumbprint,
        Actor = "administrator",
        OccurredAt = DateTimeOffset.UtcNow,
    };

    /// <summary>Publishes, and returns when the consumer's transaction is committed.</summary>
    private async Task DeliverAsync(DeviceRevoked message, Guid? messageId = null)
    {
        var id = messageId ?? Guid.NewGuid();
        await app.Get<IBus>().Publish(message, context => context.MessageId = id);
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (await app.CountAsync("SELECT count(*) FROM inbox WHERE message_id = @id", new { id }) == 0)
        {
            await Task.Delay(25, limit.Token);
        }
    }
}
