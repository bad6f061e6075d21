using IdentityAuth.Tests.Infrastructure;

namespace IdentityAuth.Tests.Features;

/// <summary>Contract §8.8.</summary>
public sealed class CompletePasswordChangeTests(IdentityApp app)
{
    private const string NewPassword = "staple battery horse";

    [Fact]
    public async Task CompletePasswordChange_Proof_EndsEverySession()
    {
        using var client = app.CreateClient();
        var account = await client.RegisterAsync();
        var (ticket, proof) = await PasswordChange.VerifyAsync(account);

        using var response = await account.PostAsync($"{PasswordChange.Path}/complete", new { ticket, verification_proof = proof, new_password = NewPassword });

        await response.AssertNoContentAsync();
        Assert.False(await client.IsAliveAsync(account.Token));
        await client.TokenAsync(account.Email, NewPassword);
    }

    [Fact]
    public async Task CompletePasswordChange_WrongProofOrCommonPassword_Refused()
    {
        using var client = app.CreateClient();
        var account = await client.RegisterAsync();
        var (ticket, proof) = await PasswordChange.VerifyAsync(account);

        using var wrong = await account.PostAsync($"{PasswordChange.Path}/complete", new { ticket, verification_proof = "x", new_password = NewPassword });
        await wrong.AssertFieldsAsync("verification_proof=INVALID_PROOF_TOKEN");
        using var common = await account.PostAsync($"{PasswordChange.Path}/complete", new { ticket, verification_proof = proof, new_password = "sunshine1" });
        await common.AssertFieldsAsync("new_password=PASSWORD_IS_TOO_COMMON");
        Assert.True(await client.IsAliveAsync(account.Token));
    }

    [Fact]
    public async Task CompletePasswordChange_SecondFactor_WantsSudo()
    {
        using var client = app.CreateClient();
        var account = await client.RegisterAsync();
        var (ticket, proof) = await PasswordChange.VerifyAsync(account);
        await app.ChangeUserAsync(account.Id, "authenticators = 1");

        using var response = await account.PostAsync($"{PasswordChange.Path}/complete", new { ticket, verification_proof = proof, new_password = NewPassword });

        Assert.True((await response.AssertProblemAsync(403, "SUDO_MODE_REQUIRED")).GetProperty("has_mfa").GetBoolean());
    }

    [Fact]
    public async Task CompletePasswordChange_InParallel_OneWins()
    {
        using var client = app.CreateClient();
        var account = await client.RegisterAsync();
        var (ticket, proof) = await PasswordChange.VerifyAsync(account);

        var responses = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => account.PostAsync(
            $"{PasswordChange.Path}/complete", new { ticket, verification_proof = proof, new_password = NewPassword })));

        Assert.Single(responses, response => (int)response.StatusCode == 204);
        Assert.Single(await app.EventBodiesAsync("SessionsRevoked", account.Id));
    }
}
