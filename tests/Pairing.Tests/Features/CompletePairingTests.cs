using System.Net;
using Pairing.Tests.Infrastructure;

namespace Pairing.Tests.Features;

public sealed class CompletePairingTests(PairingApp app)
{
    [Fact]
    public async Task CompletePairing_RightProof_LinksThePhone()
    {
        var tenant = await app.CreateTenantAsync();
        var pairing = await tenant.CreatePairingAsync();
        using var phone = new TestPhone(app);

        var nonce = await phone.InitAsync(pairing.Jwt);
        using var response = await phone.PostCompleteAsync(pairing.Jwt, nonce);

        Assert.Equal(HttpStatusCode.NoContent, response.StatusCode);
        Assert.Equal(0, response.Content.Headers.ContentLength ?? 0);
        Assert.Equal(("APPROVED", "completed"), await pairing.StatusAsync());
        Assert.Equal(["PairingCreated", "PairingInitialized", "DevicePaired"], await app.EventsOfAsync(pairing.Jti));
    }
}
