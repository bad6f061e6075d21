using System.Net;
using Pairing.Tests.Infrastructure;

namespace Pairing.Tests.Data;

/// <summary><c>Pairing:RejectReusedKeys</c> (contract §3.1).</summary>
public sealed class KeyReuseTests : IAsyncLifetime
{
    private PairingApp _app = null!;

    public async ValueTask InitializeAsync()
        => _app = await PairingApp.StartAsync(new Dictionary<string, string?>(StringComparer.Ordinal) { ["Pairing:RejectReusedKeys"] = "true" });

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    [Fact]
    public async Task Init_KeyOfAnotherUser_RejectedAndNothingUsedUp()
    {
        var tenant = await _app.CreateTenantAsync();
        using var phone = new TestPhone(_app);
        await phone.PairAsync(await tenant.CreatePairingAsync());
        var second = await tenant.CreatePairingAsync();

        using var response = await phone.PostInitAsync(second.Jwt);

        await response.AssertProblemAsync(400, "Public key rejected", "public_key_invalid");
        Assert.Equal(("CREATED", "created"), await second.StatusAsync());
        Assert.Equal(["PairingCreated"], await _app.EventsOfAsync(second.Jti));
        using var other = new TestPhone(_app);
        await other.PairAsync(second);
    }

    [Fact]
    public async Task Complete_ManyUsersWithOneKeyAtOnce_LinksOne()
    {
        var tenant = await _app.CreateTenantAsync();
        using var phone = new TestPhone(_app);
        var pairings = new List<(TestPairing Pairing, string Nonce)>();
        for (var i = 0; i < 10; i++)
        {
            var pairing = await tenant.CreatePairingAsync();
            pairings.Add((pairing, await phone.InitAsync(pairing.Jwt)));
        }

        var responses = await Task.WhenAll(pairings.Select(one => phone.PostCompleteAsync(one.Pairing.Jwt, one.Nonce)));

        Assert.Single(responses, response => response.StatusCode == HttpStatusCode.NoContent);
        foreach (var response in responses.Where(response => response.StatusCode != HttpStatusCode.NoContent))
        {
            await response.AssertProblemAsync(400, "Public key rejected", "public_key_invalid");
        }

        Assert.Equal(1, await _app.CountAsync("SELECT count(*) FROM app_user WHERE tenant_id = @id", new { id = tenant.Id }));
        var statuses = await Task.WhenAll(pairings.Select(one => one.Pairing.StatusAsync()));
        Assert.Equal(9, statuses.Count(status => status == ("DENIED", "public_key_invalid")));
    }

    [Fact]
    public async Task Init_SameUserAgain_MayKeepHisKey()
    {
        var tenant = await _app.CreateTenantAsync();
        using var phone = new TestPhone(_app);
        var pairing = await tenant.CreatePairingAsync();
        await phone.PairAsync(pairing);
        using var removed = await tenant.SendAsync(HttpMethod.Delete, $"/tenants/v1/users/{pairing.UserId}/devices/{Uri.EscapeDataString(phone.DeviceId)}");
        await phone.PairAsync(await tenant.CreatePairingAsync(pairing.UserId));
    }
}
