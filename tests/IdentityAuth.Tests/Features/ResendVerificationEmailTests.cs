using IdentityAuth.Delivery;
using IdentityAuth.Tests.Infrastructure;

namespace IdentityAuth.Tests.Features;

/// <summary>Contract §3.3.</summary>
public sealed class ResendVerificationEmailTests(IdentityApp app)
{
    private const string Path = "/v1/auth/verify/resend";

    [Fact]
    public async Task ResendVerificationEmail_NotVerified_MailsAnotherAndTheFirstStaysGood()
    {
        using var client = app.CreateClient();
        var account = await client.RegisterAsync();
        var first = (await app.MessageAsync(account.Email, DeliveryKind.EmailVerification)).Token!;

        using var response = await account.PostAsync(Path);

        await response.AssertNoContentAsync();
        Assert.NotEqual(first, (await app.MessageAsync(account.Email, DeliveryKind.EmailVerification, 2)).Token);
        using var verified = await client.PostAsync("/v1/auth/verify", new { token = first });
        await verified.AssertNoContentAsync();
    }

    [Fact]
    public async Task ResendVerificationEmail_NothingToVerify_MailsNothing()
    {
        using var client = app.CreateClient();
        var verified = await client.RegisterAsync();
        await app.ChangeUserAsync(verified.Id, "email_verified = true");
        var unclaimed = await client.RegisterUnclaimedAsync();

        using var one = await verified.PostAsync(Path);
        using var two = await unclaimed.PostAsync(Path);

        await one.AssertNoContentAsync();
        await two.AssertNoContentAsync();
        Assert.Single(await app.MessagesAsync(verified.Email));
    }

    [Fact]
    public async Task ResendVerificationEmail_AskedToVerifyAgain_Mails()
    {
        using var client = app.CreateClient();
        var account = await client.RegisterAsync();
        await app.ChangeUserAsync(account.Id, "email_verified = true, suspicious_activity = 2");

        using var response = await account.PostAsync(Path);

        await response.AssertNoContentAsync();
        await app.MessageAsync(account.Email, DeliveryKind.EmailVerification, 2);
    }

    [Fact]
    public async Task ResendVerificationEmail_NoSession_Refused()
    {
        using var client = app.CreateClient();

        using var response = await client.PostAsync(Path);

        await response.AssertProblemAsync(401, "UNAUTHORIZED");
    }
}
