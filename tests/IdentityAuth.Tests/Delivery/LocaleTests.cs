using IdentityAuth.Delivery;
using IdentityAuth.Tests.Infrastructure;

namespace IdentityAuth.Tests.Delivery;

/// <summary>Mails and texts are in the language of the account (contract §1.6, §5.1).</summary>
public sealed class LocaleTests(FactorsApp app) : IClassFixture<FactorsApp>
{
    /// <summary>Every kind of mail, with what it must carry in any language.</summary>
    public static TheoryData<string, string> Mails => new()
    {
        { DeliveryKind.EmailVerification, "/verify#token=the-token" },
        { DeliveryKind.PasswordReset, "/reset#token=the-token" },
        { DeliveryKind.IpAuthorization, "192.0.2.7" },
        { DeliveryKind.IpAuthorization, "/authorize-ip#token=the-token" },
        { DeliveryKind.EmailChangeOriginal, "ABCD-2345" },
        { DeliveryKind.EmailChangeNew, "ABCD-2345" },
        { DeliveryKind.EmailChangeRevert, "new@example.test" },
        { DeliveryKind.EmailChangeRevert, "/wasntme#token=the-token" },
        { DeliveryKind.PasswordChangeVerification, "ABCD-2345" },
        { DeliveryKind.AccountDeletion, "2026" },
    };

    [Theory]
    [InlineData("de-AT,en;q=0.5", "de", "Neues Passwort setzen")]
    [InlineData("fr", "fr", "Set a new password")]
    [InlineData("en-GB", "en-GB", "Set a new password")]
    public async Task ForgotPassword_AccountInALanguage_MailsInItOrInEnglish(string acceptLanguage, string locale, string subject)
    {
        var email = TestClient.NewEmail();
        using var registered = await app.Client.PostAsync("/v1/auth/register", TestClient.Registration(email), null, ("Accept-Language", acceptLanguage));
        await registered.JsonAsync(200);

        // Whoever asks may be anywhere: the account's language counts.
        using var response = await app.Client.PostAsync("/v1/auth/forgot", new { email }, null, ("Accept-Language", "ja"));

        await response.AssertNoContentAsync();
        Assert.Equal(locale, (await app.App.MessageAsync(email, DeliveryKind.EmailVerification)).Locale);
        Assert.Equal(subject, app.Get<MailTexts>().For(await app.App.MessageAsync(email, DeliveryKind.PasswordReset)).Subject);
    }

    [Fact]
    public async Task SendPhoneVerificationCode_GermanAccount_TextsInGerman()
    {
        using var registered = await app.Client.PostAsync("/v1/auth/register", TestClient.Registration(), null, ("Accept-Language", "de"));
        var token = (await registered.JsonAsync(200)).Text("token");

        using var response = await app.Client.PostAsync("/v1/users/@me/phone/send-verification", new { phone = "+49301112223" }, token);

        await response.AssertNoContentAsync();
        var code = await app.Sms.CodeAsync("+49301112223");
        Assert.Equal(
            $"Ihr Code ist {code}. Er gilt 10 Minuten. Niemand von uns wird Sie je danach fragen.", Assert.Single(app.Sms.MessagesTo("+49301112223")).Text("text"));
    }

    [Theory]
    [MemberData(nameof(Mails))]
    public void Mail_InEveryLanguage_CarriesTheSame(string kind, string carried)
    {
        var content = new DeliveryContent
        {
            Kind = kind,
            To = "ada@example.test",
            Token = "the-token",
            Code = "ABCD-2345",
            IpAddress = "192.0.2.7",
            NewEmail = "new@example.test",
            At = new DateTimeOffset(2026, 5, 17, 0, 0, 0, TimeSpan.Zero),
        };

        var older = app.Get<MailTexts>().For(content); // written before messages had a language
        var english = app.Get<MailTexts>().For(content with { Locale = "en-US" });
        var german = app.Get<MailTexts>().For(content with { Locale = "de" });

        Assert.Equal(english, older);
        Assert.NotEqual(english.Subject, german.Subject);
        Assert.All([english.Body, german.Body], body => Assert.Contains(carried, body, StringComparison.Ordinal));
        Assert.Equal(english.Body.Split("\r\n\r\n").Length, german.Body.Split("\r\n\r\n").Length);
    }
}
