using System.Buffers.Text;
using System.Text;
using IdentityAuth.Tests.Infrastructure;
using IdentitySimulator;

namespace IdentityAuth.Tests.Features;

public sealed class GetWebAuthnRegistrationOptionsTests(FactorsApp app) : IClassFixture<FactorsApp>
{
    [Fact]
    public async Task GetWebAuthnRegistrationOptions_Owner_GetsWhatTheBrowserNeeds()
    {
        using var authenticator = new SoftwareAuthenticator(FactorsApp.Origin, FactorsApp.RpId);
        var person = await (await Person.RegisterAsync(app)).WithTotpAsync();
        var token = await person.SudoTokenAsync();
        await person.WithCredentialAsync(authenticator, sudoToken: token);

        var options = await person.CreationOptionsAsync(token);

        Assert.Equal(32, Base64Url.DecodeFromChars(options.Text("challenge")).Length);
        Assert.Equal($$"""{"name":"Platform","id":"{{FactorsApp.RpId}}"}""", options.GetProperty("rp").GetRawText());
        Assert.Equal(person.UserId, Encoding.ASCII.GetString(Base64Url.DecodeFromChars(options.GetProperty("user").Text("id"))));
        Assert.Equal(person.Email, options.GetProperty("user").Text("name"));
        Assert.NotEmpty(options.GetProperty("user").Text("displayName"));
        Assert.Equal([-8, -7, -257], options.GetProperty("pubKeyCredParams").EnumerateArray().Select(one => one.GetProperty("alg").GetInt32()));
        Assert.All(options.GetProperty("pubKeyCredParams").EnumerateArray(), one => Assert.Equal("public-key", one.Text("type")));
        Assert.Equal((60_000, "none"), (options.GetProperty("timeout").GetInt32(), options.Text("attestation")));
        Assert.Equal(authenticator.CredentialIds, options.GetProperty("excludeCredentials").EnumerateArray().Select(key => key.Text("id")));
        Assert.Equal(
            """{"residentKey":"required","requireResidentKey":true,"userVerification":"required"}""",
            options.GetProperty("authenticatorSelection").GetRawText());
    }

    [Fact]
    public async Task GetWebAuthnRegistrationOptions_WithoutProof_IsRefused()
    {
        using var response = await (await Person.RegisterAsync(app)).PostAsync("/v1/users/@me/mfa/webauthn/credentials/registration-options");

        await response.AssertProblemAsync(403, "SUDO_MODE_REQUIRED");
    }
}
