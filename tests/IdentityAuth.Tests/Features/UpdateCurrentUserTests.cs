using IdentityAuth.Delivery;
using IdentityAuth.Tests.Infrastructure;

namespace IdentityAuth.Tests.Features;

/// <summary>Contract §8.1.</summary>
public sealed class UpdateCurrentUserTests(IdentityApp app)
{
    private const string NewPassword = "staple battery horse";

    [Fact]
    public async Task UpdateCurrentUser_GlobalName_NeedsNoSudo()
    {
        using var client = app.CreateClient();
        var account = await client.RegisterAsync();

        using var set = await account.PatchAsync(new { global_name = " Ada " });
        Assert.Equal("Ada", (await set.JsonAsync(200)).Text("global_name"));
        Assert.Equal("Ada", (await account.UserAsync()).Text("global_name"));
        using var cleared = await account.PatchAsync("""{"global_name":null}""");
        Assert.Equal(System.Text.Json.JsonValueKind.Null, (await cleared.JsonAsync(200)).GetProperty("global_name").ValueKind);
        using var nothing = await account.PatchAsync("""{"bio":"ignored"}""");
        await nothing.JsonAsync(200);
        Assert.Equal(2, (await app.EventBodiesAsync("UserUpdated", account.Id)).Count);
    }

    [Fact]
    public async Task UpdateCurrentUser_Name_WantsSudo()
    {
        using var client = app.CreateClient();
        var account = await client.RegisterAsync();

        using var without = await account.PatchAsync(new { username = "Renamed" });
        await without.AssertProblemAsync(403, "SUDO_MODE_REQUIRED");
        using var with = await account.PatchAsync(new { username = "Renamed", discriminator = "0042", password = TestClient.Password });
        var user = await with.JsonAsync(200);
        Assert.Equal(("Renamed", "0042"), (user.Text("username"), user.Text("discriminator")));
        using var same = await account.PatchAsync(new { username = "Renamed" });
        await same.JsonAsync(200); // nothing changes, so nothing is asked

        var second = await client.RegisterAsync();
        using var taken = await second.PatchAsync(new { username = "rENAMED", discriminator = 42, password = TestClient.Password });
        await taken.AssertFieldsAsync("discriminator=TAG_ALREADY_TAKEN");
        await app.ChangeUserAsync(second.Id, "discriminator = 42");
        using var moved = await second.PatchAsync(new { username = "Renamed", password = TestClient.Password });
        Assert.NotEqual("0042", (await moved.JsonAsync(200)).Text("discriminator"));
    }

    [Fact]
    public async Task UpdateCurrentUser_NewPassword_EndsEverySession()
    {
        using var client = app.CreateClient();
        var account = await client.RegisterAsync();
        var second = await client.TokenAsync(account.Email);

        using var response = await account.PatchAsync(new { password = TestClient.Password, new_password = NewPassword });

        Assert.NotEqual(System.Text.Json.JsonValueKind.Null, (await response.JsonAsync(200)).GetProperty("password_last_changed_at").ValueKind);
        Assert.Equal((false, false), (await client.IsAliveAsync(account.Token), await client.IsAliveAsync(second)));
        await client.TokenAsync(account.Email, NewPassword);
        Assert.Equal("password_changed", Assert.Single(await app.EventBodiesAsync("SessionsRevoked", account.Id)).Text("reason"));
    }

    [Theory]
    [InlineData("""{"email":"a@example.test"}""", "email=EMAIL_MUST_BE_CHANGED_VIA_TOKEN")]
    [InlineData("""{"password":"correct horse battery","new_password":"password1"}""", "new_password=PASSWORD_IS_TOO_COMMON")]
    [InlineData("""{"password":"wrong horse battery","new_password":"staple battery horse"}""", "password=INVALID_PASSWORD")]
    [InlineData("""{"password":"correct horse battery","email_token":"unknown"}""", "email_token=INVALID_EMAIL_TOKEN")]
    [InlineData("""{"username":"a b"}""", "username=USERNAME_INVALID_CHARACTERS")]
    [InlineData("""{"username":null}""", "username=INVALID_FORMAT")]
    [InlineData("""{"discriminator":"0000"}""", "discriminator=INVALID_FORMAT")]
    [InlineData("""{"discriminator":"abc"}""", "discriminator=INVALID_FORMAT")]
    [InlineData("""{"discriminator":"\ud800"}""", "discriminator=INVALID_FORMAT")]
    [InlineData("""{"new_password":"short"}""", "new_password=PASSWORD_LENGTH_INVALID")]
    public async Task UpdateCurrentUser_BadField_RefusedAndNothingChanges(string body, string error)
    {
        using var client = app.CreateClient();
        var account = await client.RegisterAsync();
        var before = (await account.UserAsync()).GetRawText();

        using var response = await account.PatchAsync(body);

        await response.AssertFieldsAsync(error);
        Assert.Equal(before, (await account.UserAsync()).GetRawText());
        Assert.Empty(await app.EventBodiesAsync("UserUpdated", account.Id));
    }

    [Fact]
    public async Task UpdateCurrentUser_Unclaimed_ClaimsWithTokenAndPassword()
    {
        using var client = app.CreateClient();
        var account = await client.RegisterUnclaimedAsync();
        var email = TestClient.NewEmail();

        using var profile = await account.PatchAsync(new { global_name = "x", bio = "y" });
        await profile.AssertFieldsAsync("global_name=UNCLAIMED_ACCOUNTS_CAN_ONLY_SET_EMAIL_VIA_TOKEN", "bio=UNCLAIMED_ACCOUNTS_CAN_ONLY_SET_EMAIL_VIA_TOKEN");
        var token = await EmailChange.TokenAsync(account, email);
        using var claimed = await account.PatchAsync(new { email_token = token, new_password = NewPassword });

        var user = await claimed.JsonAsync(200);
        Assert.Equal((email, true), (user.Text("email"), user.GetProperty("verified").GetBoolean()));
        Assert.True(await client.IsAliveAsync(account.Token));
        await client.TokenAsync(email, NewPassword);
        Assert.DoesNotContain(await app.MessagesAsync(email), message => message.Kind == DeliveryKind.EmailChangeRevert);
    }

    [Fact]
    public async Task UpdateCurrentUser_EmailToken_ChangesTheAddressOnceAndWarnsTheOldOne()
    {
        using var client = app.CreateClient();
        var account = await client.RegisterAsync();
        var stranger = await client.RegisterAsync();
        var email = TestClient.NewEmail();
        var token = await EmailChange.TokenAsync(account, email);

        using var foreign = await stranger.PatchAsync(new { email_token = token, password = TestClient.Password });
        await foreign.AssertFieldsAsync("email_token=INVALID_EMAIL_TOKEN");
        var responses = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => account.PatchAsync(new { email_token = token, password = TestClient.Password })));

        Assert.Single(responses, response => (int)response.StatusCode == 200);
        Assert.Equal((email, true), ((await account.UserAsync()).Text("email"), (await account.UserAsync()).GetProperty("verified").GetBoolean()));
        Assert.Equal(email, (await app.MessageAsync(account.Email, DeliveryKind.EmailChangeRevert)).NewEmail);
        Assert.Equal(["email", "verified"], Assert.Single(await app.EventBodiesAsync("UserUpdated", account.Id)).GetProperty("fields").EnumerateArray().Select(one => one.GetString()));
    }
}

internal static class EmailChange
{
    private const string Path = "/v1/users/@me/email-change";

    /// <summary>Steps 1 to 4 of contract §8.7, for an account with or without a verified address.</summary>
    public static async Task<string> TokenAsync(TestAccount account, string email)
    {
        using var start = await account.PostAsync($"{Path}/start", "{}");
        var begun = await start.JsonAsync(200);
        var ticket = begun.Text("ticket");
        var proof = begun.GetProperty("original_proof").GetString();
        if (proof is null)
        {
            var code = (await account.Client.App.MessageAsync(account.Email, DeliveryKind.EmailChangeOriginal)).Code;
            using var original = await account.PostAsync($"{Path}/verify-original", new { ticket, code });
            proof = (await original.JsonAsync(200)).Text("original_proof");
        }

        using var request = await account.PostAsync($"{Path}/request-new", new { ticket, new_email = email, original_proof = proof });
        await request.JsonAsync(200);
        var newCode = (await account.Client.App.MessageAsync(email, DeliveryKind.EmailChangeNew)).Code;
        using var verified = await account.PostAsync($"{Path}/verify-new", new { ticket, code = newCode, original_proof = proof });
        return (await verified.JsonAsync(200)).Text("email_token");
    }
}
