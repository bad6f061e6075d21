using System.Text.Json;
using IdentityAuth.Tests.Infrastructure;

namespace IdentityAuth.Tests.Features;

public sealed class RemovePhoneFromAccountTests(FactorsApp app) : IClassFixture<FactorsApp>
{
    private const string Path = "/v1/users/@me/phone";

    [Fact]
    public async Task RemovePhoneFromAccount_Number_IsGone()
    {
        var person = await Person.RegisterAsync(app);
        await person.WithPhoneAsync();

        using var response = await person.SendAsync(HttpMethod.Delete, Path, person.Sudo());

        await response.AssertNoContentAsync();
        Assert.Equal(JsonValueKind.Null, (await person.MeAsync()).GetProperty("phone").ValueKind);
    }

    [Fact]
    public async Task RemovePhoneFromAccount_TextsAreAFactor_IsRefused()
    {
        var person = await Person.RegisterAsync(app);
        var phone = await person.WithSmsAsync();

        using var response = await person.SendAsync(HttpMethod.Delete, Path, person.Sudo());

        await response.AssertProblemAsync(400, "SMS_MFA_NOT_ENABLED");
        Assert.Equal(phone, (await person.MeAsync()).Text("phone"));
    }

    [Fact]
    public async Task RemovePhoneFromAccount_WithoutProof_IsRefused()
    {
        using var response = await (await Person.RegisterAsync(app)).SendAsync(HttpMethod.Delete, Path);

        await response.AssertProblemAsync(403, "SUDO_MODE_REQUIRED");
    }
}
