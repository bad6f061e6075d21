using IdentityAuth.Delivery;
using IdentityAuth.Tests.Infrastructure;

namespace IdentityAuth.Tests.Features;

/// <summary>Contract §8.7, with a clock that the tests move.</summary>
public sealed class ResendNewEmailCodeTests(ClockedIdentityApp clocked) : IClassFixture<ClockedIdentityApp>
{
    private const string Path = "/v1/users/@me/email-change";

    private IdentityApp App => clocked.App;

    [Fact]
    public async Task ResendNewEmailCode_After30Seconds_MailsAnother()
    {
        using var client = App.CreateClient();
        var account = await client.RegisterAsync();
        var (ticket, proof) = await RequestNewEmailTests.StartAsync(account);
        using var none = await account.PostAsync($"{Path}/resend-new", new { ticket });
        await none.AssertFieldsAsync("code=VERIFICATION_CODE_NOT_ISSUED");
        var email = TestClient.NewEmail();
        using var request = await account.PostAsync($"{Path}/request-new", new { ticket, new_email = email, original_proof = proof });
        await request.JsonAsync(200);

        using var early = await account.PostAsync($"{Path}/resend-new", new { ticket });
        await early.AssertProblemAsync(429, "RATE_LIMITED");
        App.FakeClock.Advance(TimeSpan.FromSeconds(30));
        using var sent = await account.PostAsync($"{Path}/resend-new", new { ticket });

        await sent.AssertNoContentAsync();
        await App.MessageAsync(email, DeliveryKind.EmailChangeNew, 2);
    }
}
