using System.Text.Json;
using IdentityAuth.Tests.Infrastructure;
using IdentitySimulator;

namespace IdentityAuth.Tests.Features;

public sealed class ListWebAuthnCredentialsTests(FactorsApp app) : IClassFixture<FactorsApp>
{
    [Fact]
    public async Task ListWebAuthnCredentials_OwnKeys_OldestFirst()
    {
        using var authenticator = new SoftwareAuthenticator(FactorsApp.Origin, FactorsApp.RpId);
        var person = await (await Person.RegisterAsync(app)).WithTotpAsync();
        await person.WithCredentialAsync(authenticator, name: "first");
        await person.WithCredentialAsync(authenticator, name: "second");

        using var response = await person.GetAsync("/v1/users/@me/mfa/webauthn/credentials");

        var keys = (await response.JsonAsync(200)).EnumerateArray().ToList();
        Assert.Equal(["first", "second"], keys.Select(key => key.Text("name")));
        Assert.Equal(authenticator.CredentialIds, keys.Select(key => key.Text("id")));
        Assert.All(keys, key => Assert.Matches(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$", key.Text("created_at")));
        Assert.All(keys, key => Assert.Equal(JsonValueKind.Null, key.GetProperty("last_used_at").ValueKind));
    }

    [Fact]
    public async Task ListWebAuthnCredentials_NoKeys_IsEmpty()
    {
        using var response = await (await Person.RegisterAsync(app)).GetAsync("/v1/users/@me/mfa/webauthn/credentials");

        Assert.Equal(0, (await response.JsonAsync(200)).GetArrayLength());
    }
}
