using IdentityAuth.Tests.Infrastructure;
using IdentitySimulator;

namespace IdentityAuth.Tests.Features;

public sealed class GetWebAuthnMfaOptionsTests(FactorsApp app) : IClassFixture<FactorsApp>
{
    [Fact]
    public async Task GetWebAuthnMfaOptions_Keys_AreNamedWithHowToReachThem()
    {
        using var authenticator = new SoftwareAuthenticator(FactorsApp.Origin, FactorsApp.RpId);
        var person = await Person.RegisterAsync(app);
        await person.WithCredentialAsync(authenticator);

        using var response = await SendAsync(await person.TicketAsync());

        var options = await response.JsonAsync(200);
        Assert.Equal(43, options.Text("challenge").Length);
        Assert.Equal((FactorsApp.RpId, 60_000, "required"), (options.Text("rpId"), options.GetProperty("timeout").GetInt32(), options.Text("userVerification")));
        var key = Assert.Single(options.GetProperty("allowCredentials").EnumerateArray());
        Assert.Equal((authenticator.CredentialIds[0], "public-key"), (key.Text("id"), key.Text("type")));
        Assert.Equal(["internal", "hybrid"], key.GetProperty("transports").EnumerateArray().Select(transport => transport.GetString()));
    }

    [Fact]
    public async Task GetWebAuthnMfaOptions_NoKeys_IsRefused()
    {
        var person = await (await Person.RegisterAsync(app)).WithTotpAsync();

        using var response = await SendAsync(await person.TicketAsync());

        await response.AssertProblemAsync(400, "NO_PASSKEYS_REGISTERED");
    }

    [Fact]
    public async Task GetWebAuthnMfaOptions_UnknownTicketOrBadBody_IsRefused()
    {
        using var unknown = await SendAsync("t");
        using var missing = await app.Client.PostAsync("/v1/auth/login/mfa/webauthn/authentication-options", "[]");

        await unknown.AssertFieldsAsync("ticket=SESSION_TIMEOUT");
        await missing.AssertFieldsAsync("root=INVALID_FORMAT", "ticket=INVALID_FORMAT");
    }

    private Task<HttpResponseMessage> SendAsync(string ticket) => app.Client.PostAsync("/v1/auth/login/mfa/webauthn/authentication-options", new { ticket });
}
