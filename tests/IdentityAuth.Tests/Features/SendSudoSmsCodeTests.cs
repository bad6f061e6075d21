using IdentityAuth.Tests.Infrastructure;

namespace IdentityAuth.Tests.Features;

public sealed class SendSudoSmsCodeTests(FactorsApp app) : IClassFixture<FactorsApp>
{
    [Fact]
    public async Task SendSudoSmsCode_FactorOn_SendsSixDigits()
    {
        var person = await Person.RegisterAsync(app);
        var phone = await person.WithSmsAsync();

        using var response = await person.PostAsync("/v1/users/@me/sudo/mfa/sms/send");

        await response.AssertNoContentAsync();
        Assert.Matches("^[0-9]{6}$", await app.QueuedCodeAsync(phone));
    }

    [Fact]
    public async Task SendSudoSmsCode_FactorOff_IsRefused()
    {
        using var response = await (await Person.RegisterAsync(app)).PostAsync("/v1/users/@me/sudo/mfa/sms/send");

        await response.AssertProblemAsync(400, "SMS_MFA_NOT_ENABLED");
    }
}
