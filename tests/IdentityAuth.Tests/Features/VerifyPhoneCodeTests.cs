using IdentityAuth.Tests.Infrastructure;

namespace IdentityAuth.Tests.Features;

public sealed class VerifyPhoneCodeTests(FactorsApp app) : IClassFixture<FactorsApp>
{
    [Fact]
    public async Task VerifyPhoneCode_RightCode_GivesATokenOnce()
    {
        var person = await Person.RegisterAsync(app);
        var code = await SendAsync(person, "+4930111");

        using var first = await VerifyAsync(person, "+4930111", code);
        using var again = await VerifyAsync(person, "+4930111", code);

        Assert.Equal(64, (await first.JsonAsync(200)).Text("phone_token").Length);
        await again.AssertProblemAsync(400, "INVALID_PHONE_VERIFICATION_CODE");
    }

    [Fact]
    public async Task VerifyPhoneCode_WrongNumberCodeOrPerson_IsRefused()
    {
        var (person, other) = (await Person.RegisterAsync(app), await Person.RegisterAsync(app));
        var code = await SendAsync(person, "+4930222");

        using var otherNumber = await VerifyAsync(person, "+4930223", code);
        using var otherCode = await VerifyAsync(person, "+4930222", code == "000000" ? "000001" : "000000");
        using var otherPerson = await VerifyAsync(other, "+4930222", code);

        await otherNumber.AssertProblemAsync(400, "INVALID_PHONE_VERIFICATION_CODE");
        await otherCode.AssertProblemAsync(400, "INVALID_PHONE_VERIFICATION_CODE");
        await otherPerson.AssertProblemAsync(400, "INVALID_PHONE_VERIFICATION_CODE");
    }

    [Fact]
    public async Task VerifyPhoneCode_BadBody_IsRefused()
    {
        using var response = await (await Person.RegisterAsync(app)).PostAsync("/v1/users/@me/phone/verify", new { phone = "1", code = new string('1', 33) });

        await response.AssertFieldsAsync("phone=PHONE_NUMBER_INVALID_FORMAT", "code=STRING_LENGTH_INVALID");
    }

    private async Task<string> SendAsync(Person person, string phone)
    {
        using var sent = await person.PostAsync("/v1/users/@me/phone/send-verification", new { phone });
        await sent.AssertNoContentAsync();
        return await app.Sms.CodeAsync(phone);
    }

    private static Task<HttpResponseMessage> VerifyAsync(Person person, string phone, string code)
        => person.PostAsync("/v1/users/@me/phone/verify", new { phone, code });
}
