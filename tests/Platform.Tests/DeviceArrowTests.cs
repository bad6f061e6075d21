using System.Net;
using System.Text.Json;
using DeviceRegistry.Contracts.V1;
using IdentityAuth.Contracts.V1;
using Pairing.Contracts.V1;
using PhoneSimulator;
using TestSupport;

namespace Platform.Tests;

/// <summary>The arrows of platform design §6 that begin or end at device-registry, each through the gateway on the real stack, for a tenant of its own.</summary>
public sealed class DeviceArrowTests : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private StackAddress stack = null!;
    private string tenantKey = "";

    public async ValueTask InitializeAsync()
    {
        stack = (await BackingServers.GetAsync()).Stack;
        using var client = Caller.New(stack.Gateway);
        tenantKey = await LoginServer.CreateTenantAsync(client, stack.PairingAdminKey);
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Fact]
    public async Task DevicePaired_PhonePairsThroughTheGateway_IsAPendingDeviceThatCanAskForTheKey()
    {
        var user = Guid.NewGuid();
        using var client = Caller.New(stack.Gateway);
        using var phone = await PairAsync(client, user);
        var member = NewMember(client, user);
        var group = await GroupOfAsync(member, phone);

        var device = Assert.Single(await member.ListDevicesAsync(group));
        Assert.Equal(("pending", "android", user.ToString(), "Simulated phone"),
            (device.GetProperty("status").GetString(), device.GetProperty("deviceType").GetString(), device.GetProperty("userId").GetString(), device.GetProperty("deviceName").GetString()));
        Assert.Equal(Pem(phone), device.GetProperty("publicKey").GetString());

        // The user's browser gives the group its key; the phone asks for it.
        var browser = await member.RegisterAsync(group);
        using var activated = await member.SendAsync(
            HttpMethod.Post, $"{Member.Api}/realm/groups/{group}/devices/{browser}/activate", new { encryptedGroupKey = Convert.ToBase64String(new byte[60]) });
        Assert.Equal(HttpStatusCode.OK, activated.StatusCode);
        using var asked = await member.SendAsync(
            HttpMethod.Post, $"{Member.Api}/realm/groups/{group}/devices/key-requests", new { requestingDeviceId = device.GetProperty("deviceId").GetGuid() });
        Assert.Equal(HttpStatusCode.Created, asked.StatusCode);
    }

    [Fact]
    public async Task DeviceUnpaired_TenantRemovesThePhone_TheDeviceIsRevokedAndItsStreamEnds()
    {
        var user = Guid.NewGuid();
        using var client = Caller.New(stack.Gateway);
        await using var revocations = await EventTap.OnAsync<DeviceRevoked>(stack.RabbitMQ, "userId");
        await using var unpairings = await EventTap.OnAsync<DeviceUnpaired>(stack.RabbitMQ, "userId");
        using var phone = await PairAsync(client, user);
        var member = NewMember(client, user);
        var group = await GroupOfAsync(member, phone);
        var device = (await member.ListDevicesAsync(group))[0].GetProperty("deviceId").GetGuid();
        await using var stream = await member.OpenStreamAsync(group, device);
        await stream.NextAsync("connected");

        using var removed = await SendAsTenantAsync(client, HttpMethod.Delete, $"tenants/v1/users/{user}/devices/{Uri.EscapeDataString(phone.DeviceId)}");

        Assert.Equal(HttpStatusCode.NoContent, removed.StatusCode);
        Assert.Equal("device_revoked", (await stream.NextAsync("stream_closed")).GetProperty("reason").GetString());
        Assert.Equal("revoked", (await member.ListDevicesAsync(group))[0].GetProperty("status").GetString());
        // The loop ends by itself: each side said it once.
        Assert.Single((await revocations.ReadAsync([user.ToString()]))[user.ToString()]);
        Assert.Single((await unpairings.ReadAsync([user.ToString()]))[user.ToString()]);
    }

    [Fact]
    public async Task DeviceRevoked_AdministratorRevokesThePhone_PairingUnlinksItAndTheUserCanPairAgain()
    {
        var user = Guid.NewGuid();
        using var client = Caller.New(stack.Gateway);
        await using var revocations = await EventTap.OnAsync<DeviceRevoked>(stack.RabbitMQ, "userId");
        await using var unpairings = await EventTap.OnAsync<DeviceUnpaired>(stack.RabbitMQ, "userId");
        using var phone = await PairAsync(client, user);
        var member = NewMember(client, user);
        var group = await GroupOfAsync(member, phone);
        var device = (await member.ListDevicesAsync(group))[0].GetProperty("deviceId").GetGuid();

        using var revoked = await Administrator(client).SendAsync(HttpMethod.Post, $"{Member.Api}/realm/admin/groups/{group}/devices/{device}/revoke", new { });

        Assert.Equal(HttpStatusCode.NoContent, revoked.StatusCode);
        await Eventually.IsTrueAsync(async () => await CountPhonesAsync(client, user) == 0, Patience, "Pairing did not unlink the phone");
        Assert.Single((await unpairings.ReadAsync([user.ToString()]))[user.ToString()]);
        Assert.Single((await revocations.ReadAsync([user.ToString()]))[user.ToString()]);
        using var successor = await PairAsync(client, user);
        await Eventually.IsTrueAsync(async () => (await member.ListDevicesAsync(group)).Count == 2, Patience, "The new phone did not become a device");
        Assert.Equal(["revoked", "pending"], (await member.ListDevicesAsync(group)).Select(one => one.GetProperty("status").GetString()));
        Assert.Equal(1, await CountPhonesAsync(client, user));
    }

    [Fact]
    public async Task UserDeleted_Published_EndsMembershipDevicesAndStreams()
    {
        var user = Guid.NewGuid();
        using var client = Caller.New(stack.Gateway);
        using var phone = await PairAsync(client, user);
        var member = NewMember(client, user);
        var group = await GroupOfAsync(member, phone);
        await using var stream = await member.OpenStreamAsync(group);
        await stream.NextAsync("connected");

        await EventSender.PublishAsync(stack.RabbitMQ, new UserDeleted { UserId = user.ToString(), OccurredAt = DateTimeOffset.UtcNow });

        Assert.Equal("membership_removed", (await stream.NextAsync("stream_closed")).GetProperty("reason").GetString());
        using var refused = await member.SendAsync(HttpMethod.Get, $"{Member.Api}/realm/groups/{group}/devices");
        Assert.Equal(HttpStatusCode.Forbidden, refused.StatusCode);
        Assert.Equal("revoked", Assert.Single(await Administrator(client).ListDevicesAsync(group)).GetProperty("status").GetString());
        await Eventually.IsTrueAsync(async () => await CountPhonesAsync(client, user) == 0, Patience, "Pairing did not unlink the phone of the deleted user");
    }

    [Fact]
    public async Task SessionsRevoked_Published_EndsItsStreamsAndItsTokens()
    {
        var user = Guid.NewGuid();
        using var client = Caller.New(stack.Gateway);
        using var phone = await PairAsync(client, user);
        var (ended, living) = ($"session-{Guid.NewGuid():N}", $"session-{Guid.NewGuid():N}");
        var member = NewMember(client, user, ended);
        var elsewhere = NewMember(client, user, living);
        var group = await GroupOfAsync(member, phone);
        await using var stream = await member.OpenStreamAsync(group);
        await stream.NextAsync("connected");
        await using var other = await elsewhere.OpenStreamAsync(group);
        await other.NextAsync("connected");

        await EventSender.PublishAsync(stack.RabbitMQ, new SessionsRevoked { UserId = user.ToString(), IdHashes = [ended], Reason = "logout", OccurredAt = DateTimeOffset.UtcNow });

        Assert.Equal("session_revoked", (await stream.NextAsync("stream_closed")).GetProperty("reason").GetString());
        using var refused = await member.SendAsync(HttpMethod.Get, $"{Member.Api}/realm/groups/{group}/devices");
        Assert.Equal(HttpStatusCode.Unauthorized, refused.StatusCode);
        await elsewhere.RegisterAsync(group);
        await other.NextAsync("device_registered");
    }

    [Fact]
    public async Task EventStream_ThroughTheGateway_IsNeitherBufferedNorCompressed()
    {
        var user = Guid.NewGuid();
        using var client = Caller.New(stack.Gateway);
        using var phone = await PairAsync(client, user);
        client.DefaultRequestHeaders.AcceptEncoding.ParseAdd("gzip, br");
        client.DefaultRequestHeaders.Accept.ParseAdd("application/json, text/plain, */*");
        var member = NewMember(client, user);
        var group = await GroupOfAsync(member, phone);

        await using var stream = await member.OpenStreamAsync(group);

        Assert.Equal("text/event-stream", stream.Response.Content.Headers.ContentType!.ToString());
        Assert.Equal("no-cache, no-transform", stream.Response.Headers.NonValidated["Cache-Control"].ToString());
        Assert.Empty(stream.Response.Content.Headers.ContentEncoding);
        await stream.NextAsync("connected"); // nothing follows it: what is held back would not arrive
        var device = await member.RegisterAsync(group);
        Assert.Equal(device, (await stream.NextAsync("device_registered")).GetProperty("deviceId").GetGuid());
        Assert.NotNull(stream.LastId);
    }

    private static async Task<long> GroupOfAsync(Member member, Phone phone)
        => await Eventually.GetAsync(
            () => member.FindGroupAsync(phone.Claims.GetProperty("tenantId").GetString()!), Patience, "The phone did not become a device of its tenant's group");

    private static string Pem(Phone phone) => string.Concat(phone.PublicKey.Split('\n').Where(line => !line.StartsWith("-----", StringComparison.Ordinal)));

    /// <summary>Pairs a phone for the user.</summary>
    private async Task<Phone> PairAsync(HttpClient client, Guid user)
    {
        var phone = new Phone(client, await new LoginServer(client, tenantKey).CreatePairingAsync(user, "ada"));
        await phone.CompleteAsync(await phone.InitAsync());
        return phone;
    }

    private async Task<int> CountPhonesAsync(HttpClient client, Guid user)
    {
        using var response = await SendAsTenantAsync(client, HttpMethod.Get, $"tenants/v1/users/{user}/devices");
        return JsonDocument.Parse(await response.Content.ReadAsStringAsync()).RootElement.GetArrayLength();
    }

    private async Task<HttpResponseMessage> SendAsTenantAsync(HttpClient client, HttpMethod method, string path)
    {
        using var request = new HttpRequestMessage(method, path) { Headers = { { "X-API-Key", tenantKey } } };
        return await client.SendAsync(request);
    }

    private Member NewMember(HttpClient client, Guid user, string? sessionId = null) => new(client, stack.Tokens, user.ToString(), sessionId);

    private Member Administrator(HttpClient client) => new(client, stack.Tokens, "administrator", roles: ["sysadmin"]);
}
