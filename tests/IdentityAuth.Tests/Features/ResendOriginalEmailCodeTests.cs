using IdentityAuth.Delivery;
using IdentityAuth.Tests.Infrastructure;

namespace IdentityAuth.Tests.Features;

/// <summary>Contract §8.7, with a clock that the tests move.</summary>
public sealed class ResendOriginalEmailCodeTests(ClockedIdentityApp clocked) : IClassFixture<ClockedIdentityApp>
{
    private const string Path = "/v1/users/@me/email-change";

    private IdentityApp App => clocked.App;

    [Fact]
    public async Task ResendOriginalEmailCode_After30Seconds_ReplacesTheCode()
    {
        using var client = App.CreateClient();
        var account = await client.RegisterAsync();
        await App.ChangeUserAsync(account.Id, "email_verified = true");
        using var start = await account.PostAsync($"{Path}/start");
        var ticket = (await start.JsonAsync(200)).Text("ticket");
        var first = (await App.MessageAsync(account.Email, DeliveryKind.EmailChangeOriginal)).Code;

        using var early = await account.PostAsync($"{Path}/resend-original", new { ticket });
        await early.AssertProblemAsync(429, "RATE_LIMITED");
        Assert.InRange(early.Headers.RetryAfter!.Delta!.Value.TotalSeconds, 1, 30);
        App.FakeClock.Advance(TimeSpan.FromSeconds(30));
        using var sent = await account.PostAsync($"{Path}/resend-original", new { ticket });

        await sent.AssertNoContentAsync();
        var second = (await App.MessageAsync(account.Email, DeliveryKind.EmailChangeOriginal, 2)).Code;
        using var old = await account.PostAsync($"{Path}/verify-original", new { ticket, code = first });
        await old.AssertFieldsAsync("code=INVALID_VERIFICATION_CODE");
        using var verified = await account.PostAsync($"{Path}/verify-original", new { ticket, code = second });
        await verified.JsonAsync(200);
    }

    [Fact]
    public async Task ResendOriginalEmailCode_NoCodeOrNoTicket_Refused()
    {
        using var client = App.CreateClient();
        var account = await client.RegisterAsync();
        using var start = await account.PostAsync($"{Path}/start");

        using var none = await account.PostAsync($"{Path}/resend-original", new { ticket = (await start.JsonAsync(200)).Text("ticket") });
        await none.AssertFieldsAsync("code=VERIFICATION_CODE_NOT_ISSUED");
        using var unknown = await account.PostAsync($"{Path}/resend-original", new { ticket = "x" });
        await unknown.AssertFieldsAsync("ticket=INVALID_OR_EXPIRED_TICKET");
    }
}
