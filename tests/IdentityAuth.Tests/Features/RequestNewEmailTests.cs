using IdentityAuth.Delivery;
using IdentityAuth.Tests.Infrastructure;

namespace IdentityAuth.Tests.Features;

/// <summary>Contract §8.7, step 3.</summary>
public sealed class RequestNewEmailTests(IdentityApp app)
{
    private const string Path = "/v1/users/@me/email-change";

    [Fact]
    public async Task RequestNewEmail_InOrder_MailsACode()
    {
        using var client = app.CreateClient();
        var account = await client.RegisterAsync();
        var (ticket, proof) = await StartAsync(account);
        var email = TestClient.NewEmail();

        using var response = await account.PostAsync($"{Path}/request-new", new { ticket, new_email = email, original_proof = proof });

        var body = await response.JsonAsync(200);
        Assert.Equal((ticket, email), (body.Text("ticket"), body.Text("new_email")));
        Assert.Matches("^[A-Z0-9]{4}-[A-Z0-9]{4}$", (await app.MessageAsync(email, DeliveryKind.EmailChangeNew)).Code);
    }

    [Fact]
    public async Task RequestNewEmail_OutOfOrder_Refused()
    {
        using var client = app.CreateClient();
        var account = await client.RegisterAsync();
        var other = await client.RegisterAsync();
        var (ticket, proof) = await StartAsync(account);

        foreach (var (email, offered, error) in new[]
        {
            (TestClient.NewEmail(), "wrong", "original_proof=INVALID_PROOF_TOKEN"),
            (account.Email.ToUpperInvariant(), proof, "new_email=NEW_EMAIL_MUST_BE_DIFFERENT"),
            (other.Email.ToUpperInvariant(), proof, "new_email=EMAIL_ALREADY_IN_USE"),
            ("nobody", proof, "new_email=INVALID_EMAIL_FORMAT"),
        })
        {
            using var response = await account.PostAsync($"{Path}/request-new", new { ticket, new_email = email, original_proof = offered });
            await response.AssertFieldsAsync(error);
        }

        await app.ChangeUserAsync(account.Id, "email_verified = true");
        using var start = await account.PostAsync($"{Path}/start");
        using var unproven = await account.PostAsync($"{Path}/request-new", new { ticket = (await start.JsonAsync(200)).Text("ticket"), new_email = TestClient.NewEmail(), original_proof = proof });
        await unproven.AssertFieldsAsync("ticket=ORIGINAL_EMAIL_MUST_BE_VERIFIED_FIRST");
    }

    internal static async Task<(string Ticket, string Proof)> StartAsync(TestAccount account)
    {
        using var start = await account.PostAsync($"{Path}/start");
        var body = await start.JsonAsync(200);
        return (body.Text("ticket"), body.Text("original_proof"));
    }
}
