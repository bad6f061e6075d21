using System.Buffers.Text;
using IdentityAuth.Tests.Infrastructure;

namespace IdentityAuth.Tests.Features;

public sealed class GetWebAuthnAuthenticationOptionsTests(FactorsApp app) : IClassFixture<FactorsApp>
{
    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("{}")]
    public async Task GetWebAuthnAuthenticationOptions_AnyEmptyBody_GivesOptionsWithoutAccounts(string? body)
    {
        using var response = await app.Client.PostAsync("/v1/auth/webauthn/authentication-options", body);

        var options = await response.JsonAsync(200);
        Assert.Equal(32, Base64Url.DecodeFromChars(options.Text("challenge")).Length);
        Assert.Equal(["challenge", "rpId", "timeout", "userVerification"], options.EnumerateObject().Select(member => member.Name).Order(StringComparer.Ordinal));
        Assert.Equal((FactorsApp.RpId, 60_000, "required"), (options.Text("rpId"), options.GetProperty("timeout").GetInt32(), options.Text("userVerification")));
    }

    [Fact]
    public async Task GetWebAuthnAuthenticationOptions_EveryTime_GivesAnotherChallenge()
    {
        using var first = await app.Client.PostAsync("/v1/auth/webauthn/authentication-options");
        using var second = await app.Client.PostAsync("/v1/auth/webauthn/authentication-options");

        Assert.NotEqual((await first.JsonAsync(200)).Text("challenge"), (await second.JsonAsync(200)).Text("challenge"));
    }
}
