using IdentityAuth.Delivery;
using IdentityAuth.Tests.Infrastructure;

namespace IdentityAuth.Tests.Features;

/// <summary>Contract §8.8, with a clock that the tests move.</summary>
public sealed class ResendPasswordChangeCodeTests(ClockedIdentityApp clocked) : IClassFixture<ClockedIdentityApp>
{
    [Fact]
    public async Task ResendPasswordChangeCode_After30Seconds_MailsAnother()
    {
        using var client = clocked.App.CreateClient();
        var account = await client.RegisterAsync();
        var (ticket, _) = await PasswordChange.StartAsync(account);

        using var early = await account.PostAsync($"{PasswordChange.Path}/resend", new { ticket });
        await early.AssertProblemAsync(429, "RATE_LIMITED");
        clocked.App.FakeClock.Advance(TimeSpan.FromSeconds(30));
        using var sent = await account.PostAsync($"{PasswordChange.Path}/resend", new { ticket });
        await sent.AssertNoContentAsync();
        await clocked.App.MessageAsync(account.Email, DeliveryKind.PasswordChangeVerification, 2);
        using var unknown = await account.PostAsync($"{PasswordChange.Path}/resend", new { ticket = "x" });
        await unknown.AssertFieldsAsync("ticket=INVALID_OR_EXPIRED_TICKET");
    }
}
