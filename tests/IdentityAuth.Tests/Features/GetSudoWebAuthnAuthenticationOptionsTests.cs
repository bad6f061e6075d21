using IdentityAuth.Tests.Infrastructure;
using IdentitySimulator;

namespace IdentityAuth.Tests.Features;

public sealed class GetSudoWebAuthnAuthenticationOptionsTests(FactorsApp app) : IClassFixture<FactorsApp>
{
    private const string Path = "/v1/users/@me/sudo/webauthn/authentication-options";

    [Fact]
    public async Task GetSudoWebAuthnAuthenticationOptions_Keys_AreNamed()
    {
        using var authenticator = new SoftwareAuthenticator(FactorsApp.Origin, FactorsApp.RpId);
        var person = await Person.RegisterAsync(app);
        await person.WithCredentialAsync(authenticator);

        using var response = await person.PostAsync(Path);

        Assert.Equal(
            authenticator.CredentialIds, (await response.JsonAsync(200)).GetProperty("allowCredentials").EnumerateArray().Select(key => key.Text("id")));
    }

    [Fact]
    public async Task GetSudoWebAuthnAuthenticationOptions_NoKeys_IsRefused()
    {
        using var response = await (await Person.RegisterAsync(app)).PostAsync(Path);

        await response.AssertProblemAsync(400, "NO_PASSKEYS_REGISTERED");
    }
}
