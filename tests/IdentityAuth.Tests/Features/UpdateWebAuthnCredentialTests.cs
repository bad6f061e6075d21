using IdentityAuth.Tests.Infrastructure;
using IdentitySimulator;

namespace IdentityAuth.Tests.Features;

public sealed class UpdateWebAuthnCredentialTests(FactorsApp app) : IClassFixture<FactorsApp>, IDisposable
{
    private readonly SoftwareAuthenticator _authenticator = new(FactorsApp.Origin, FactorsApp.RpId);

    public void Dispose() => _authenticator.Dispose();

    [Fact]
    public async Task UpdateWebAuthnCredential_OwnKey_HasItsNewName()
    {
        var person = await (await Person.RegisterAsync(app)).WithTotpAsync();
        await person.WithCredentialAsync(_authenticator);

        using var response = await RenameAsync(person, _authenticator.CredentialIds[0], "blue one");

        await response.AssertNoContentAsync();
        using var list = await person.GetAsync("/v1/users/@me/mfa/webauthn/credentials");
        Assert.Equal("blue one", (await list.JsonAsync(200))[0].Text("name"));
    }

    [Fact]
    public async Task UpdateWebAuthnCredential_SomebodyElsesUnknownOrNoId_IsRefused()
    {
        var (person, other) = (await (await Person.RegisterAsync(app)).WithTotpAsync(), await Person.RegisterAsync(app));
        await other.WithCredentialAsync(_authenticator);
        var token = await person.SudoTokenAsync();

        foreach (var id in new[] { _authenticator.CredentialIds[0], "AAAA", "A", "%20", new string('A', 2000) })
        {
            using var response = await person.SendAsync(HttpMethod.Patch, $"/v1/users/@me/mfa/webauthn/credentials/{id}", new { name = "mine" }, token);
            await response.AssertProblemAsync(404, "UNKNOWN_WEBAUTHN_CREDENTIAL");
        }
    }

    [Fact]
    public async Task UpdateWebAuthnCredential_BadNameOrNoProof_IsRefused()
    {
        var person = await (await Person.RegisterAsync(app)).WithTotpAsync();
        using var bad = await person.SendAsync(HttpMethod.Patch, "/v1/users/@me/mfa/webauthn/credentials/AAAA", new { name = "" });
        using var unproven = await person.SendAsync(HttpMethod.Patch, "/v1/users/@me/mfa/webauthn/credentials/AAAA", new { name = "n" });

        await bad.AssertFieldsAsync("name=INVALID_FORMAT");
        await unproven.AssertProblemAsync(403, "SUDO_MODE_REQUIRED");
    }

    private static Task<HttpResponseMessage> RenameAsync(Person person, string id, string name)
        => person.SendAsync(HttpMethod.Patch, $"/v1/users/@me/mfa/webauthn/credentials/{id}", person.Sudo(new { name }));
}
