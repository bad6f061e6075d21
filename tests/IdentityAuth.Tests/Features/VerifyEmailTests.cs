using IdentityAuth.Delivery;
using IdentityAuth.Tests.Infrastructure;

namespace IdentityAuth.Tests.Features;

/// <summary>Contract §3.2.</summary>
public sealed class VerifyEmailTests(IdentityApp app)
{
    [Fact]
    public async Task VerifyEmail_MailedToken_VerifiesOnceAndSettlesWhatMailSettles()
    {
        using var client = app.CreateClient();
        var account = await client.RegisterAsync();
        await app.ChangeUserAsync(account.Id, "suspicious_activity = 255");
        var token = (await app.MessageAsync(account.Email, DeliveryKind.EmailVerification)).Token!;

        using var first = await client.PostAsync("/v1/auth/verify", new { token });
        using var second = await client.PostAsync("/v1/auth/verify", new { token });

        await first.AssertNoContentAsync();
        await second.AssertFieldsAsync("token=INVALID_OR_EXPIRED_VERIFICATION_TOKEN");
        Assert.Equal(1, await app.CountAsync("SELECT count(*) FROM users WHERE id = @id AND email_verified AND suspicious_activity = 12", new { id = long.Parse(account.Id, null) }));
        Assert.Equal("verified", Assert.Single(Assert.Single(await app.EventBodiesAsync("UserUpdated", account.Id)).GetProperty("fields").EnumerateArray()).GetString());
        Assert.Single(await app.EventBodiesAsync("SessionCreated", account.Id));
    }

    [Fact]
    public async Task VerifyEmail_200InParallel_OnceOnly()
    {
        using var client = app.CreateClient();
        var account = await client.RegisterAsync();
        var token = (await app.MessageAsync(account.Email, DeliveryKind.EmailVerification)).Token!;

        var responses = await Task.WhenAll(Enumerable.Range(0, 200).Select(_ => client.PostAsync("/v1/auth/verify", new { token })));

        Assert.Single(responses, response => (int)response.StatusCode == 204);
        Assert.Single(await app.EventBodiesAsync("UserUpdated", account.Id));
    }

    [Fact]
    public async Task VerifyEmail_AddressChangedSince_Refused()
    {
        using var client = app.CreateClient();
        var account = await client.RegisterAsync();
        var token = (await app.MessageAsync(account.Email, DeliveryKind.EmailVerification)).Token!;
        await app.ChangeUserAsync(account.Id, "email = @email", new { email = TestClient.NewEmail() });

        using var response = await client.PostAsync("/v1/auth/verify", new { token });

        await response.AssertFieldsAsync("token=INVALID_OR_EXPIRED_VERIFICATION_TOKEN");
    }

    [Theory]
    [InlineData("{}", "token=INVALID_FORMAT")]
    [InlineData("""{"token":"short"}""", "token=STRING_LENGTH_EXACT")]
    [InlineData("""{"token":"0000000000000000000000000000000000000000000000000000000000000000"}""", "token=INVALID_OR_EXPIRED_VERIFICATION_TOKEN")]
    [InlineData("""{"token":" 00000000000000000000000000000000000000000000000000000000000000 "}""", "token=STRING_LENGTH_EXACT")]
    public async Task VerifyEmail_BadToken_Refused(string body, string error)
    {
        using var client = app.CreateClient();

        using var response = await client.PostAsync("/v1/auth/verify", body);

        await response.AssertFieldsAsync(error);
    }
}
