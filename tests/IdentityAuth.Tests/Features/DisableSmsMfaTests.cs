using IdentityAuth.Tests.Infrastructure;

namespace IdentityAuth.Tests.Features;

public sealed class DisableSmsMfaTests(FactorsApp app) : IClassFixture<FactorsApp>
{
    private const string Path = "/v1/users/@me/mfa/sms/disable";

    [Fact]
    public async Task DisableSmsMfa_Twice_IsOffAndThePhoneStays()
    {
        var person = await Person.RegisterAsync(app);
        var phone = await person.WithSmsAsync();

        using var first = await person.PostAsync(Path, person.Sudo());
        using var again = await person.PostAsync(Path, person.Sudo());

        await first.AssertNoContentAsync();
        await again.AssertNoContentAsync();
        var me = await person.MeAsync();
        Assert.Equal([0], me.GetProperty("authenticator_types").EnumerateArray().Select(type => type.GetInt32()));
        Assert.Equal(phone, me.Text("phone"));
    }

    [Fact]
    public async Task DisableSmsMfa_WithoutProof_IsRefused()
    {
        using var response = await (await Person.RegisterAsync(app)).PostAsync(Path);

        await response.AssertProblemAsync(403, "SUDO_MODE_REQUIRED");
    }
}
