using System.Buffers.Text;
using DeviceRegistry.Tests.Infrastructure;
using Pairing.Contracts.V1;

namespace DeviceRegistry.Tests.Messages;

/// <summary>Phones that pairing links and unlinks, over the real broker (platform design §6; resolutions 3–5, 43–46, 117).</summary>
public sealed class PairedPhoneTests(RegistryApp app)
{
    [Fact]
    public async Task DevicePaired_NewTenant_MakesGroupMemberAndPendingDevice()
    {
        using var keys = new DeviceKeys();
        var paired = Paired(keys);

        await app.DeliverAsync(paired, "device-registry-device-paired");

        var group = await GroupAsync(paired.TenantId);
        Assert.Equal(1000, await group.ColumnAsync<int>("max_devices"));
        var phone = new TestUser(app, paired.UserId.ToString()); // no group in the token: the row makes him a member
        var device = Assert.Single((await DevicesAsync(group, phone)).EnumerateArray());
        Assert.Equal((paired.UserId.ToString(), "Ada's phone", "android", true, "android"),
            (device.Text("userId"), device.Text("deviceName"), device.Text("deviceType"), device.GetProperty("hasPushToken").GetBoolean(), device.Text("pushPlatform")));
        Assert.Equal("reachable", device.Text("status"));
        Assert.Equal(keys.PublicKey, Convert.ToBase64String(await app.ScalarAsync<byte[]>("SELECT public_key FROM devices WHERE group_id = @Id", new { group.Id })));
        Assert.Equal("pending", await app.ScalarAsync<string>("SELECT status FROM devices WHERE group_id = @Id", new { group.Id }));
        var registered = Assert.Single(await app.EventBodiesAsync("DeviceRegistered", group.Id));
        Assert.Equal(("pairing", paired.PublicKeyThumbprint), (registered.Text("actor"), registered.Text("publicKeyThumbprint")));
        Assert.Equal("device_registered", Assert.Single(await app.StreamEventsAsync(group.Id)).Event);
    }

    [Fact]
    public async Task DevicePaired_SameMessageTwice_OneDeviceOneEvent()
    {
        using var keys = new DeviceKeys();
        var paired = Paired(keys);
        var id = Guid.NewGuid();

        await app.DeliverAsync(paired, "device-registry-device-paired", id);
        await app.DeliverAgainAsync(paired, "device-registry-device-paired", id);

        var group = await GroupAsync(paired.TenantId);
        Assert.Single(await app.EventBodiesAsync("DeviceRegistered", group.Id));
        Assert.Equal(1, await app.CountAsync("SELECT count(*) FROM devices WHERE group_id = @Id", new { group.Id }));
    }

    [Fact]
    public async Task DevicePaired_HundredPhonesOfOneNewTenantAtOnce_OneGroupAndAllOfThem()
    {
        var tenant = Guid.NewGuid();
        var phones = Enumerable.Range(0, 100).Select(_ =>
        {
            using var keys = new DeviceKeys();
            return Paired(keys) with { TenantId = tenant };
        }).ToList();

        await Task.WhenAll(phones.Select(phone => app.DeliverAsync(phone, "device-registry-device-paired")));

        var group = await GroupAsync(tenant);
        Assert.Equal(100, await app.CountAsync("SELECT count(*) FROM devices WHERE group_id = @Id", new { group.Id }));
        Assert.Equal(100, await app.CountAsync("SELECT count(*) FROM group_members WHERE group_id = @Id AND state = 'active'", new { group.Id }));
    }

    [Fact]
    public async Task DevicePaired_PastTheLimit_IsRegisteredAllTheSame()
    {
        using var first = new DeviceKeys();
        using var second = new DeviceKeys();
        var paired = Paired(first);
        await app.DeliverAsync(paired, "device-registry-device-paired");
        var group = await GroupAsync(paired.TenantId);
        await app.ExecuteAsync("UPDATE groups SET max_devices = 1 WHERE id = @Id", new { group.Id });

        await app.DeliverAsync(Paired(second) with { TenantId = paired.TenantId }, "device-registry-device-paired");

        Assert.Equal(2, await app.CountAsync("SELECT count(*) FROM devices WHERE group_id = @Id", new { group.Id }));
    }

    [Fact]
    public async Task DevicePaired_NameAndTokenThatDoNotFit_AreCutAndDropped()
    {
        using var keys = new DeviceKeys();
        var paired = Paired(keys) with { DisplayName = new string('x', 99) + "😀 and more", HasPushToken = false, Platform = "IOS" };

        await app.DeliverAsync(paired, "device-registry-device-paired");

        var group = await GroupAsync(paired.TenantId);
        var device = Assert.Single((await DevicesAsync(group, new TestUser(app, paired.UserId.ToString()))).EnumerateArray());
        Assert.Equal(new string('x', 99), device.Text("deviceName")); // not half of a character
        Assert.Equal(("ios", false, "offline"), (device.Text("deviceType"), device.GetProperty("hasPushToken").GetBoolean(), device.Text("status")));
        Assert.False(device.TryGetProperty("pushPlatform", out _));
    }

    [Fact]
    public async Task DevicePaired_MemberWhoWasRemoved_IsActiveAgainWithoutHisRoles()
    {
        using var first = new DeviceKeys();
        using var second = new DeviceKeys();
        var paired = Paired(first);
        await app.DeliverAsync(paired, "device-registry-device-paired");
        var group = await GroupAsync(paired.TenantId);
        await app.ExecuteAsync("UPDATE group_members SET state = 'removed', roles = '{group-admin}' WHERE group_id = @Id", new { group.Id });

        await app.DeliverAsync(Paired(second) with { TenantId = paired.TenantId, UserId = paired.UserId }, "device-registry-device-paired");

        Assert.Equal("active {}", await app.ScalarAsync<string>("SELECT state || ' ' || roles::text FROM group_members WHERE group_id = @Id", new { group.Id }));
    }

    [Theory]
    [InlineData("pending")]
    [InlineData("revoked")]
    public async Task DevicePaired_KeyOfAnotherMemberOrRevoked_ChangesAndPublishesNothing(string holder)
    {
        using var keys = new DeviceKeys();
        var paired = Paired(keys);
        await app.DeliverAsync(paired, "device-registry-device-paired");
        var group = await GroupAsync(paired.TenantId);
        await app.ExecuteAsync("UPDATE devices SET status = @holder WHERE group_id = @Id", new { holder, group.Id });

        await app.DeliverAsync(Paired(keys) with { TenantId = paired.TenantId }, "device-registry-device-paired");

        Assert.Equal(1, await app.CountAsync("SELECT count(*) FROM devices WHERE group_id = @Id", new { group.Id }));
        Assert.Equal(1, await app.CountAsync("SELECT count(*) FROM group_members WHERE group_id = @Id", new { group.Id }));
        Assert.Single(await app.EventBodiesAsync("DeviceRegistered", group.Id));
    }

    [Fact]
    public async Task DevicePaired_KeyThatItsUserHadEnrolledHimself_BecomesThePhone()
    {
        using var first = new DeviceKeys();
        var paired = Paired(first);
        await app.DeliverAsync(paired, "device-registry-device-paired");
        var group = await GroupAsync(paired.TenantId);
        using var own = await TestDevice.RegisterAsync(group, new TestUser(app, paired.UserId.ToString()));
        var adopted = Paired(own.Keys) with { TenantId = paired.TenantId, UserId = paired.UserId };

        await app.DeliverAsync(adopted, "device-registry-device-paired");
        await app.DeliverAsync(Unpaired(adopted), "device-registry-device-unpaired");

        Assert.Equal("revoked", await StatusAsync(own.Id));
    }

    [Fact]
    public async Task DevicePaired_NoKeyThatCanBeUsed_IsPassedOver()
    {
        using var keys = new DeviceKeys();
        var der = Convert.FromBase64String(keys.PublicKey);
        der[^1] ^= 1; // off the curve
        foreach (var key in new[] { Base64Url.EncodeToString(der), "!", "" })
        {
            var paired = Paired(keys) with { PublicKey = key };
            await app.DeliverAsync(paired, "device-registry-device-paired");
            Assert.Equal(0, await app.CountAsync("SELECT count(*) FROM devices WHERE pairing_reference = @DeviceReference", new { paired.DeviceReference }));
        }
    }

    [Fact]
    public async Task DeviceUnpaired_PairedPhone_IsRevokedOnce()
    {
        using var keys = new DeviceKeys();
        var paired = Paired(keys);
        await app.DeliverAsync(paired, "device-registry-device-paired");
        var group = await GroupAsync(paired.TenantId);
        var unpaired = Unpaired(paired);

        await app.DeliverAsync(unpaired, "device-registry-device-unpaired");
        await app.DeliverAsync(unpaired, "device-registry-device-unpaired"); // said again by another message

        var revoked = Assert.Single(await app.EventBodiesAsync("DeviceRevoked", group.Id));
        Assert.Equal((group.Name, paired.UserId.ToString(), paired.PublicKeyThumbprint, "pairing"),
            (revoked.Text("groupName"), revoked.Text("userId"), revoked.Text("publicKeyThumbprint"), revoked.Text("actor")));
        Assert.Equal(unpaired.OccurredAt, revoked.GetProperty("occurredAt").GetDateTimeOffset()); // pairing's own time: not news about a phone paired since
        Assert.Equal(1, await app.CountAsync(
            "SELECT count(*) FROM devices WHERE group_id = @Id AND status = 'revoked' AND push_reference IS NULL AND push_platform IS NULL", new { group.Id }));
    }

    [Fact]
    public async Task DeviceUnpaired_ComesFirst_TheDeviceIsNotMade()
    {
        using var keys = new DeviceKeys();
        var paired = Paired(keys);

        await app.DeliverAsync(Unpaired(paired), "device-registry-device-unpaired");
        await app.DeliverAsync(paired, "device-registry-device-paired");

        Assert.Equal(0, await app.CountAsync("SELECT count(*) FROM devices WHERE pairing_reference = @DeviceReference", new { paired.DeviceReference }));
    }

    [Fact]
    public async Task DeviceUnpaired_AtTheSameTimeAsPaired_NoDeviceStaysBehind()
    {
        for (var round = 0; round < 20; round++)
        {
            using var keys = new DeviceKeys();
            var paired = Paired(keys);

            await Task.WhenAll(app.DeliverAsync(paired, "device-registry-device-paired"), app.DeliverAsync(Unpaired(paired), "device-registry-device-unpaired"));

            Assert.Equal(0, await app.CountAsync(
                "SELECT count(*) FROM devices WHERE pairing_reference = @DeviceReference AND status <> 'revoked'", new { paired.DeviceReference }));
        }
    }

    private static DevicePaired Paired(DeviceKeys keys)
    {
        var der = Convert.FromBase64String(keys.PublicKey);
        return new DevicePaired
        {
            TenantId = Guid.NewGuid(),
            UserId = Guid.NewGuid(),
            Jti = Guid.NewGuid(),
            DeviceReference = $"pairing:{Guid.NewGuid()}",
            DeviceId = "android:1",
            DisplayName = "Ada's phone",
            Platform = "ANDROID",
            PublicKey = Base64Url.EncodeToString(der),
            PublicKeyThumbprint = Base64Url.EncodeToString(System.Security.Cryptography.SHA256.HashData(der)),
            HasPushToken = true,
            OccurredAt = DateTimeOffset.UtcNow,
        };
    }

    private static DeviceUnpaired Unpaired(DevicePaired paired) => new()
    {
        TenantId = paired.TenantId,
        UserId = paired.UserId,
        DeviceReference = paired.DeviceReference,
        DeviceId = paired.DeviceId,
        PublicKeyThumbprint = paired.PublicKeyThumbprint,
        OccurredAt = new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero),
    };

    private async Task<TestGroup> GroupAsync(Guid tenant)
        => new(app, await app.ScalarAsync<long>("SELECT id FROM groups WHERE name = @name", new { name = tenant.ToString() }), tenant.ToString());

    private Task<string> StatusAsync(Guid device) => app.ScalarAsync<string>("SELECT status FROM devices WHERE device_id = @device", new { device });

    private static async Task<System.Text.Json.JsonElement> DevicesAsync(TestGroup group, TestUser user)
    {
        using var response = await user.GetAsync($"{group.Realm}/devices/presence");
        return (await response.AssertJsonAsync(System.Net.HttpStatusCode.OK)).GetProperty("devices");
    }
}
