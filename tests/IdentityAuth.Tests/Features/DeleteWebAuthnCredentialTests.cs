using IdentityAuth.Tests.Infrastructure;
using IdentitySimulator;

namespace IdentityAuth.Tests.Features;

public sealed class DeleteWebAuthnCredentialTests(FactorsApp app) : IClassFixture<FactorsApp>, IDisposable
{
    private readonly SoftwareAuthenticator _authenticator = new(FactorsApp.Origin, FactorsApp.RpId);

    public void Dispose() => _authenticator.Dispose();

    [Fact]
    public async Task DeleteWebAuthnCredential_LastKey_IsAFactorNoLonger()
    {
        var person = await (await Person.RegisterAsync(app)).WithTotpAsync();
        await person.WithCredentialAsync(_authenticator);
        await person.WithCredentialAsync(_authenticator);

        using var first = await DeleteAsync(person, _authenticator.CredentialIds[0]);
        await first.AssertNoContentAsync();
        Assert.Equal([0, 2], (await person.MeAsync()).GetProperty("authenticator_types").EnumerateArray().Select(type => type.GetInt32()));

        using var last = await DeleteAsync(person, _authenticator.CredentialIds[1]);
        await last.AssertNoContentAsync();
        Assert.Equal([0], (await person.MeAsync()).GetProperty("authenticator_types").EnumerateArray().Select(type => type.GetInt32()));

        using var again = await DeleteAsync(person, _authenticator.CredentialIds[1]);
        await again.AssertProblemAsync(404, "UNKNOWN_WEBAUTHN_CREDENTIAL");
    }

    [Fact]
    public async Task DeleteWebAuthnCredential_SomebodyElses_IsRefusedAndStays()
    {
        var (person, other) = (await (await Person.RegisterAsync(app)).WithTotpAsync(), await Person.RegisterAsync(app));
        await other.WithCredentialAsync(_authenticator);

        using var response = await DeleteAsync(person, _authenticator.CredentialIds[0]);

        await response.AssertProblemAsync(404, "UNKNOWN_WEBAUTHN_CREDENTIAL");
        Assert.True((await other.MeAsync()).GetProperty("mfa_enabled").GetBoolean());
    }

    [Fact]
    public async Task DeleteWebAuthnCredential_WithoutProof_IsRefused()
    {
        var person = await Person.RegisterAsync(app);
        await person.WithCredentialAsync(_authenticator);

        using var response = await person.SendAsync(HttpMethod.Delete, $"/v1/users/@me/mfa/webauthn/credentials/{_authenticator.CredentialIds[0]}", new { password = person.Password });

        Assert.True((await response.AssertProblemAsync(403, "SUDO_MODE_REQUIRED")).GetProperty("has_mfa").GetBoolean());
    }

    private static Task<HttpResponseMessage> DeleteAsync(Person person, string id)
        => person.SendAsync(HttpMethod.Delete, $"/v1/users/@me/mfa/webauthn/credentials/{id}", person.Sudo());
}
