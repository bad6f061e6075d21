using System.Net;
using Pairing.Tests.Infrastructure;

namespace Pairing.Tests.Features;

/// <summary>Contract §7.2; times: <see cref="PairingTimeTests"/>.</summary>
public sealed class GetPairingStatusTests(PairingApp app)
{
    [Fact]
    public async Task GetPairingStatus_Unknown_Is200NotFoundWithoutReason()
    {
        var tenant = await app.CreateTenantAsync();
        using var response = await tenant.SendAsync(HttpMethod.Get, $"/tenants/v1/pairing/status/{Guid.NewGuid()}");
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("""{"status":"NOT_FOUND"}""", await response.Content.ReadAsStringAsync());
        Assert.Equal("no-store", response.Headers.CacheControl?.ToString());
    }

    [Fact]
    public async Task GetPairingStatus_OfAnotherTenant_IsNotFound()
    {
        var owner = await app.CreateTenantAsync();
        var stranger = await app.CreateTenantAsync();
        var created = await owner.CreatePairingAsync();
        var linked = await owner.CreatePairingAsync();
        using var phone = new TestPhone(app);
        await phone.PairAsync(linked);

        Assert.Equal(("NOT_FOUND", null), await stranger.StatusAsync(created.Jti));
        Assert.Equal(("NOT_FOUND", null), await stranger.StatusAsync(linked.Jti));
    }

    [Fact]
    public async Task GetPairingStatus_UpperCaseId_IsTheSamePairing()
    {
        var pairing = await (await app.CreateTenantAsync()).CreatePairingAsync();
        using var response = await pairing.Tenant.SendAsync(HttpMethod.Get, $"/tenants/v1/pairing/status/{pairing.Jti.ToString().ToUpperInvariant()}");
        Assert.Equal("""{"status":"CREATED","reason":"created"}""", await response.Content.ReadAsStringAsync());
    }

    [Theory]
    [InlineData("abc")]
    [InlineData("6f9619ff8b864011b42d00cf4fc964ff")]
    [InlineData("%7B6f9619ff-8b86-4011-b42d-00cf4fc964ff%7D")]
    [InlineData("6f9619ff-8b86-4011-b42d-00cf4fc964ff%00")]
    public async Task GetPairingStatus_NoUuid_Rejected(string jti)
    {
        var tenant = await app.CreateTenantAsync();
        foreach (var path in new[] { $"/tenants/v1/pairing/status/{jti}", $"/tenants/v1/pairing/status/{jti}/events" })
        {
            using var response = await tenant.SendAsync(HttpMethod.Get, path);
            var body = await response.AssertProblemAsync(400, "Bad request", "validation_failed");
            Assert.Equal("must be a UUID", body.GetProperty("fields").Text("jti"));
        }
    }

    [Fact]
    public async Task GetPairingStatus_WithoutKey_Rejected()
    {
        foreach (var path in new[] { "/tenants/v1/pairing/status/x", "/tenants/v1/pairing/status/x/events", "/tenants/v1/users/x/devices" })
        {
            using var response = await app.Client.GetAsync(path, TestContext.Current.CancellationToken);
            await response.AssertProblemAsync(401, "Unauthorized", "invalid_api_key");
        }
    }
}
