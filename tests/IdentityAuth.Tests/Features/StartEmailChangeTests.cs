using IdentityAuth.Delivery;
using IdentityAuth.Tests.Infrastructure;

namespace IdentityAuth.Tests.Features;

/// <summary>Contract §8.7, step 1.</summary>
public sealed class StartEmailChangeTests(IdentityApp app)
{
    private const string Path = "/v1/users/@me/email-change/start";

    [Fact]
    public async Task StartEmailChange_VerifiedAddress_MailsACode()
    {
        using var client = app.CreateClient();
        var account = await client.RegisterAsync();
        await app.ChangeUserAsync(account.Id, "email_verified = true");

        using var response = await account.PostAsync(Path, "{}");

        var body = await response.JsonAsync(200);
        Assert.True(body.GetProperty("require_original").GetBoolean());
        Assert.Equal(account.Email, body.Text("original_email"));
        Assert.Equal(System.Text.Json.JsonValueKind.Null, body.GetProperty("original_proof").ValueKind);
        Assert.InRange(body.GetProperty("original_code_expires_at").GetDateTimeOffset() - DateTimeOffset.UtcNow, TimeSpan.FromMinutes(9), TimeSpan.FromMinutes(10));
        Assert.InRange(body.GetProperty("resend_available_at").GetDateTimeOffset() - DateTimeOffset.UtcNow, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(30));
        Assert.Matches("^[A-Z0-9]{4}-[A-Z0-9]{4}$", (await app.MessageAsync(account.Email, DeliveryKind.EmailChangeOriginal)).Code);
    }

    [Fact]
    public async Task StartEmailChange_NotVerified_GivesTheProofAtOnce()
    {
        using var client = app.CreateClient();
        var account = await client.RegisterAsync();

        using var response = await account.PostAsync(Path);

        var body = await response.JsonAsync(200);
        Assert.False(body.GetProperty("require_original").GetBoolean());
        Assert.NotEmpty(body.Text("original_proof"));
        Assert.Equal(System.Text.Json.JsonValueKind.Null, body.GetProperty("original_code_expires_at").ValueKind);
        Assert.Equal(System.Text.Json.JsonValueKind.Null, body.GetProperty("resend_available_at").ValueKind);
    }

    [Fact]
    public async Task StartEmailChange_PasswordWithoutAddress_Refused()
    {
        using var client = app.CreateClient();
        var account = await client.RegisterAsync();
        await app.ChangeUserAsync(account.Id, "email = NULL");

        using var response = await account.PostAsync(Path);

        await response.AssertFieldsAsync("email=MUST_HAVE_EMAIL_TO_CHANGE_IT");
    }
}
