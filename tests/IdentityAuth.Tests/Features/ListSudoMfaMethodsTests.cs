using IdentityAuth.Tests.Infrastructure;
using IdentitySimulator;

namespace IdentityAuth.Tests.Features;

public sealed class ListSudoMfaMethodsTests(FactorsApp app) : IClassFixture<FactorsApp>
{
    [Fact]
    public async Task ListSudoMfaMethods_EachFactor_IsNamed()
    {
        using var authenticator = new SoftwareAuthenticator(FactorsApp.Origin, FactorsApp.RpId);
        var nothing = await Person.RegisterAsync(app);
        var everything = await Person.RegisterAsync(app);
        await everything.WithSmsAsync();
        await everything.WithCredentialAsync(authenticator);

        Assert.Equal("""{"totp":false,"sms":false,"webauthn":false,"has_mfa":false}""", await ReadAsync(nothing));
        Assert.Equal("""{"totp":true,"sms":true,"webauthn":true,"has_mfa":true}""", await ReadAsync(everything));
    }

    private static async Task<string> ReadAsync(Person person)
    {
        using var response = await person.GetAsync("/v1/users/@me/sudo/mfa-methods");
        return (await response.JsonAsync(200)).GetRawText();
    }
}
