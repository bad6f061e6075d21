using IdentityAuth.Tests.Infrastructure;

namespace IdentityAuth.Tests.Features;

/// <summary>Contract §8.8.</summary>
public sealed class VerifyPasswordChangeCodeTests(IdentityApp app)
{
    [Fact]
    public async Task VerifyPasswordChangeCode_WrongThenRight_GivesTheProof()
    {
        using var client = app.CreateClient();
        var account = await client.RegisterAsync();
        var (ticket, code) = await PasswordChange.StartAsync(account);

        using var wrong = await account.PostAsync($"{PasswordChange.Path}/verify", new { ticket, code = "AAAA-0000" });
        await wrong.AssertFieldsAsync("code=INVALID_VERIFICATION_CODE");
        using var right = await account.PostAsync($"{PasswordChange.Path}/verify", new { ticket, code });
        Assert.NotEmpty((await right.JsonAsync(200)).Text("verification_proof"));
    }

    [Fact]
    public async Task VerifyPasswordChangeCode_TicketOfAnEmailChange_Refused()
    {
        using var client = app.CreateClient();
        var account = await client.RegisterAsync();
        var (ticket, _) = await RequestNewEmailTests.StartAsync(account);

        using var response = await account.PostAsync($"{PasswordChange.Path}/verify", new { ticket, code = "AAAA-0000" });

        await response.AssertFieldsAsync("ticket=INVALID_OR_EXPIRED_TICKET");
    }
}
