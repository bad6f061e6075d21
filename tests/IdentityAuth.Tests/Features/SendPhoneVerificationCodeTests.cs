using IdentityAuth.Tests.Infrastructure;

namespace IdentityAuth.Tests.Features;

public sealed class SendPhoneVerificationCodeTests(FactorsApp app) : IClassFixture<FactorsApp>
{
    private const string Path = "/v1/users/@me/phone/send-verification";

    [Fact]
    public async Task SendPhoneVerificationCode_Number_GetsSixDigits()
    {
        using var response = await (await Person.RegisterAsync(app)).PostAsync(Path, new { phone = "+493012345678" });

        await response.AssertNoContentAsync();
        Assert.Matches("^[0-9]{6}$", await app.Sms.CodeAsync("+493012345678"));
        Assert.Contains("code", Assert.Single(app.Sms.MessagesTo("+493012345678")).Text("text"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task SendPhoneVerificationCode_SixthTextToANumberIn15Minutes_IsLimitedAlsoWithoutRateLimits()
    {
        const string Phone = "+493099887766";
        for (var number = 0; number < 5; number++)
        {
            using var sent = await (await Person.RegisterAsync(app)).PostAsync(Path, new { phone = Phone });
            await sent.AssertNoContentAsync();
        }

        using var sixth = await (await Person.RegisterAsync(app)).PostAsync(Path, new { phone = Phone });

        await sixth.AssertProblemAsync(429, "RATE_LIMITED");
        Assert.Equal(5, app.Sms.MessagesTo(Phone).Count);
    }

    [Theory]
    [InlineData("03012345678")]
    [InlineData("+0301234567")]
    [InlineData("+4930 1234567")]
    [InlineData("+1234567890123456")]
    [InlineData("+")]
    public async Task SendPhoneVerificationCode_NotInternational_IsRefused(string phone)
    {
        using var response = await (await Person.RegisterAsync(app)).PostAsync(Path, new { phone });

        await response.AssertFieldsAsync("phone=PHONE_NUMBER_INVALID_FORMAT");
    }

    [Fact]
    public async Task SendPhoneVerificationCode_AnotherAccountsNumber_IsRefusedAndNothingIsSent()
    {
        var phone = await (await Person.RegisterAsync(app)).WithPhoneAsync();

        using var response = await (await Person.RegisterAsync(app)).PostAsync(Path, new { phone });

        await response.AssertProblemAsync(400, "PHONE_ALREADY_USED");
        Assert.Single(app.Sms.MessagesTo(phone));
    }

    [Theory]
    [InlineData(400)]
    [InlineData(404)]
    [InlineData(410)]
    [InlineData(422)]
    public async Task SendPhoneVerificationCode_ProviderRefusesTheNumber_IsTold(int status)
    {
        await using var own = await FactorsApp.StartAsync(new Dictionary<string, string?>());
        own.Sms.Status = status;

        using var response = await (await Person.RegisterAsync(own)).PostAsync(Path, new { phone = "+4930555" });

        await response.AssertProblemAsync(400, "INVALID_PHONE_NUMBER");
        Assert.Empty(await own.App.MessagesAsync("+4930555"));
    }

    [Fact]
    public async Task SendPhoneVerificationCode_ProviderIsAway_IsSentLater()
    {
        await using var own = await FactorsApp.StartAsync(new Dictionary<string, string?>());
        own.Sms.Status = 503;

        using var response = await (await Person.RegisterAsync(own)).PostAsync(Path, new { phone = "+4930555" });

        await response.AssertNoContentAsync();
        Assert.Matches("^[0-9]{6}$", await own.QueuedCodeAsync("+4930555"));
    }

    [Fact]
    public async Task SendPhoneVerificationCode_NoProvider_IsRefused()
    {
        await using var own = await FactorsApp.StartAsync(new Dictionary<string, string?> { ["IdentityAuth:Sms:Url"] = "" });

        using var response = await (await Person.RegisterAsync(own)).PostAsync(Path, new { phone = "+4930555" });

        await response.AssertProblemAsync(400, "SMS_VERIFICATION_UNAVAILABLE");
    }
}
