using IdentityAuth.Delivery;
using IdentityAuth.Tests.Infrastructure;

namespace IdentityAuth.Tests.Features;

/// <summary>Contract §8.8.</summary>
public sealed class StartPasswordChangeTests(IdentityApp app)
{
    private const string Path = "/v1/users/@me/password-change/start";

    [Fact]
    public async Task StartPasswordChange_AccountWithAddress_MailsACode()
    {
        using var client = app.CreateClient();
        var account = await client.RegisterAsync();

        using var response = await account.PostAsync(Path, "{}");

        var body = await response.JsonAsync(200);
        Assert.Equal(["ticket", "code_expires_at", "resend_available_at"], body.EnumerateObject().Select(one => one.Name));
        Assert.Matches("^[A-Z0-9]{4}-[A-Z0-9]{4}$", (await app.MessageAsync(account.Email, DeliveryKind.PasswordChangeVerification)).Code);
    }

    [Fact]
    public async Task StartPasswordChange_NoAddress_Refused()
    {
        using var client = app.CreateClient();
        var account = await client.RegisterUnclaimedAsync();

        using var response = await account.PostAsync(Path);

        await response.AssertFieldsAsync("email=MUST_HAVE_EMAIL_TO_CHANGE_IT");
    }
}

internal static class PasswordChange
{
    public const string Path = "/v1/users/@me/password-change";

    public static async Task<(string Ticket, string Code)> StartAsync(TestAccount account)
    {
        using var start = await account.PostAsync($"{Path}/start");
        return ((await start.JsonAsync(200)).Text("ticket"), (await account.Client.App.MessageAsync(account.Email, DeliveryKind.PasswordChangeVerification)).Code!);
    }

    public static async Task<(string Ticket, string Proof)> VerifyAsync(TestAccount account)
    {
        var (ticket, code) = await StartAsync(account);
        using var verified = await account.PostAsync($"{Path}/verify", new { ticket, code });
        return (ticket, (await verified.JsonAsync(200)).Text("verification_proof"));
    }
}
