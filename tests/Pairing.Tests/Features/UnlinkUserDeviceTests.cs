using System.Net;
using Pairing.Tests.Infrastructure;

namespace Pairing.Tests.Features;

/// <summary>Contract §7.5, removing a user's phone.</summary>
public sealed class UnlinkUserDeviceTests(UnlinkUserDeviceTests.RealServer server) : IClassFixture<UnlinkUserDeviceTests.RealServer>
{
    private readonly PairingApp _app = server.App;

    [Fact]
    public async Task UnlinkUserDevice_LastPhone_ForgetsTheUserWhoCanPairAgain()
    {
        var pairing = await (await _app.CreateTenantAsync()).CreatePairingAsync();
        using var phone = new TestPhone(_app) { DeviceId = "android:a b/c%d?ü" };
        await phone.PairAsync(pairing);
        var paired = Assert.Single(await _app.EventBodiesAsync("DevicePaired", pairing.UserId));

        using var response = await DeleteAsync(pairing.Tenant, pairing.UserId, phone.DeviceId);

        Assert.Equal(HttpStatusCode.NoContent, response.StatusCode);
        Assert.Empty((await pairing.Tenant.DevicesAsync(pairing.UserId)).EnumerateArray());
        Assert.Equal(1, await _app.RowsOfUserAsync(pairing.UserId)); // the link stays: its jti is never good again
        var unpaired = Assert.Single(await _app.EventBodiesAsync("DeviceUnpaired", pairing.UserId));
        Assert.Equal(paired.Text("deviceReference"), unpaired.Text("deviceReference"));
        Assert.Equal(phone.DeviceId, unpaired.Text("deviceId"));
        Assert.Equal(phone.Thumbprint, unpaired.Text("publicKeyThumbprint"));
        Assert.Equal(("APPROVED", "completed"), await pairing.StatusAsync());

        var again = await pairing.Tenant.CreatePairingAsync(pairing.UserId);
        await phone.PairAsync(again);
        Assert.Equal(2, (await _app.EventBodiesAsync("DevicePaired", pairing.UserId)).Count);
    }

    [Theory]
    [InlineData("a%2Fb")]
    [InlineData("a%2fb/c")]
    [InlineData("100%25")]
    [InlineData("a?b=c/d")]
    [InlineData("a+b")]
    public async Task UnlinkUserDevice_NameThatLooksEncoded_IsDecodedOnce(string name)
    {
        var pairing = await (await _app.CreateTenantAsync()).CreatePairingAsync();
        using var phone = new TestPhone(_app) { DeviceId = name };
        await phone.PairAsync(pairing);

        using var response = await DeleteAsync(pairing.Tenant, pairing.UserId, name);

        Assert.Equal(HttpStatusCode.NoContent, response.StatusCode);
        Assert.Equal(name, Assert.Single(await _app.EventBodiesAsync("DeviceUnpaired", pairing.UserId)).Text("deviceId"));
    }

    [Fact]
    public async Task UnlinkUserDevice_OneOfTwo_KeepsTheUser()
    {
        var pairing = await (await _app.CreateTenantAsync()).CreatePairingAsync();
        using var phone = new TestPhone(_app);
        await phone.PairAsync(pairing);
        await _app.CountAsync(
            """
            INSERT INTO user_device (id, app_user, device_id, display_name, platform, public_key, public_key_thumbprint, push_token, created_at)
            SELECT gen_random_uuid(), u.id, 'second', 'x', 'IOS', 'x', decode(repeat('00', 32), 'hex'), '', now() FROM app_user u WHERE u.user_id = @user RETURNING 1
            """,
            new { user = pairing.UserId });

        using var response = await DeleteAsync(pairing.Tenant, pairing.UserId, phone.DeviceId);

        Assert.Equal(HttpStatusCode.NoContent, response.StatusCode);
        Assert.Equal("second", Assert.Single((await pairing.Tenant.DevicesAsync(pairing.UserId)).EnumerateArray()).Text("deviceId"));
        Assert.Equal(1, await _app.CountAsync("SELECT count(*) FROM reference_measurement m JOIN app_user u ON u.id = m.app_user WHERE u.user_id = @user", new { user = pairing.UserId }));
    }

    [Fact]
    public async Task UnlinkUserDevice_InParallel_RemovesOnce()
    {
        var pairing = await (await _app.CreateTenantAsync()).CreatePairingAsync();
        using var phone = new TestPhone(_app);
        await phone.PairAsync(pairing);

        var responses = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => DeleteAsync(pairing.Tenant, pairing.UserId, phone.DeviceId)));

        Assert.Single(responses, response => response.StatusCode == HttpStatusCode.NoContent);
        Assert.Equal(19, responses.Count(response => response.StatusCode == HttpStatusCode.NotFound));
        Assert.Single(await _app.EventBodiesAsync("DeviceUnpaired", pairing.UserId));
    }

    [Fact]
    public async Task UnlinkUserDevice_UnknownOrOtherTenants_NotFoundAndNothingPublished()
    {
        var pairing = await (await _app.CreateTenantAsync()).CreatePairingAsync();
        using var phone = new TestPhone(_app);
        await phone.PairAsync(pairing);
        var stranger = await _app.CreateTenantAsync();

        foreach (var (tenant, user, device) in new[]
        {
            (pairing.Tenant, pairing.UserId, "other"), (pairing.Tenant, Guid.NewGuid(), phone.DeviceId), (stranger, pairing.UserId, phone.DeviceId),
            (pairing.Tenant, pairing.UserId, phone.DeviceId.ToUpperInvariant()), (pairing.Tenant, pairing.UserId, "a\tb"), (pairing.Tenant, pairing.UserId, new string('x', 129)),
        })
        {
            using var response = await DeleteAsync(tenant, user, device);
            await response.AssertProblemAsync(404, "Not found", "not_found");
        }

        using var noUuid = await pairing.Tenant.SendAsync(HttpMethod.Delete, "/tenants/v1/users/abc/devices/x");
        await noUuid.AssertProblemAsync(400, "Bad request", "validation_failed");
        Assert.Empty(await _app.EventBodiesAsync("DeviceUnpaired", pairing.UserId));
        Assert.Equal(4, await _app.RowsOfUserAsync(pairing.UserId));
    }

    private static Task<HttpResponseMessage> DeleteAsync(TestTenant tenant, Guid user, string device)
        => tenant.SendAsync(HttpMethod.Delete, $"/tenants/v1/users/{user}/devices/{Uri.EscapeDataString(device)}");

    /// <summary>The service on a server that keeps the path as it was written.</summary>
    public sealed class RealServer : IAsyncLifetime
    {
        public PairingApp App { get; private set; } = null!;

        public async ValueTask InitializeAsync() => App = await PairingApp.StartAsync(onKestrel: true);

        public ValueTask DisposeAsync() => App.DisposeAsync();
    }
}
