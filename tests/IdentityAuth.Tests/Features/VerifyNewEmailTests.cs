using IdentityAuth.Delivery;
using IdentityAuth.Tests.Infrastructure;

namespace IdentityAuth.Tests.Features;

/// <summary>Contract §8.7, step 4, with a clock that the tests move.</summary>
public sealed class VerifyNewEmailTests(ClockedIdentityApp clocked) : IClassFixture<ClockedIdentityApp>
{
    private const string Path = "/v1/users/@me/email-change";

    private IdentityApp App => clocked.App;

    [Fact]
    public async Task VerifyNewEmail_InParallel_OneToken()
    {
        using var client = App.CreateClient();
        var account = await client.RegisterAsync();
        var (ticket, proof, code) = await RequestAsync(account);

        var responses = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => account.PostAsync($"{Path}/verify-new", new { ticket, code, original_proof = proof })));

        Assert.Single(responses, response => (int)response.StatusCode == 200);
        foreach (var response in responses.Where(response => (int)response.StatusCode != 200))
        {
            await response.AssertFieldsAsync("ticket=TICKET_ALREADY_COMPLETED");
        }
    }

    [Fact]
    public async Task VerifyNewEmail_WrongCodeOrProof_Refused()
    {
        using var client = App.CreateClient();
        var account = await client.RegisterAsync();
        var (ticket, proof, code) = await RequestAsync(account);

        using var wrongProof = await account.PostAsync($"{Path}/verify-new", new { ticket, code, original_proof = "x" });
        await wrongProof.AssertFieldsAsync("original_proof=INVALID_PROOF_TOKEN");
        using var wrongCode = await account.PostAsync($"{Path}/verify-new", new { ticket, code = "AAAA-0000", original_proof = proof });
        await wrongCode.AssertFieldsAsync("code=INVALID_VERIFICATION_CODE");
        App.FakeClock.Advance(TimeSpan.FromMinutes(10));
        using var late = await account.PostAsync($"{Path}/verify-new", new { ticket, code, original_proof = proof });
        await late.AssertFieldsAsync("code=VERIFICATION_CODE_EXPIRED");
    }

    [Fact]
    public async Task VerifyNewEmail_TokenAfter30Minutes_Expired()
    {
        using var client = App.CreateClient();
        var account = await client.RegisterAsync();
        var (ticket, proof, code) = await RequestAsync(account);
        using var verified = await account.PostAsync($"{Path}/verify-new", new { ticket, code, original_proof = proof });
        var token = (await verified.JsonAsync(200)).Text("email_token");
        App.FakeClock.Advance(TimeSpan.FromMinutes(30));
        await App.Get<IdentityAuth.Data.Sweeper>().SweepAsync(TestContext.Current.CancellationToken);

        using var response = await account.PatchAsync(new { email_token = token, password = TestClient.Password });

        await response.AssertFieldsAsync("email_token=EMAIL_TOKEN_EXPIRED");
    }

    private async Task<(string Ticket, string Proof, string Code)> RequestAsync(TestAccount account)
    {
        var (ticket, proof) = await RequestNewEmailTests.StartAsync(account);
        var email = TestClient.NewEmail();
        using var request = await account.PostAsync($"{Path}/request-new", new { ticket, new_email = email, original_proof = proof });
        await request.JsonAsync(200);
        return (ticket, proof, (await App.MessageAsync(email, DeliveryKind.EmailChangeNew)).Code!);
    }
}
