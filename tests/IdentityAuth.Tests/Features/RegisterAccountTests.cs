using System.Text.Json.Nodes;
using IdentityAuth.Delivery;
using IdentityAuth.Tests.Infrastructure;

namespace IdentityAuth.Tests.Features;

/// <summary>Contract §3.1.</summary>
public sealed class RegisterAccountTests(IdentityApp app)
{
    private const string Path = "/v1/auth/register";

    [Fact]
    public async Task RegisterAccount_ValidRequest_SignsInMailsAndPublishes()
    {
        using var client = app.CreateClient();
        var email = TestClient.NewEmail().Replace("user", "User", StringComparison.Ordinal);

        using var response = await client.PostAsync(Path, TestClient.Registration(email, others: [("username", "Ada_1"), ("global_name", "Ada  L."), ("invite_code", "abc")]), null, ("Accept-Language", "de-CH, fr;q=0.5"));

        var body = await response.JsonAsync(200);
        Assert.Matches("^flx_[A-Za-z0-9]{36}$", body.Text("token"));
        Assert.Matches("^[1-9][0-9]*$", body.Text("user_id"));
        Assert.Equal(2, body.EnumerateObject().Count());
        using var read = await client.GetAsync("/v1/users/@me", body.Text("token"));
        var user = await read.JsonAsync(200);
        Assert.Equal(email, user.Text("email"));
        Assert.False(user.GetProperty("verified").GetBoolean());
        Assert.Equal("Ada_1", user.Text("username"));
        Assert.Equal("Ada L.", user.Text("global_name"));
        Assert.Matches("^[0-9]{4}$", user.Text("discriminator"));
        Assert.NotEqual("0000", user.Text("discriminator"));
        Assert.Equal(64, (await app.MessageAsync(email, DeliveryKind.EmailVerification)).Token!.Length);
        Assert.Equal(["UserRegistered", "SessionCreated"], await app.EventsOfAsync(body.Text("user_id")));
        Assert.Equal("abc", Assert.Single(await app.EventBodiesAsync("UserRegistered", body.Text("user_id"))).Text("inviteCode"));
        Assert.Equal(1, await app.CountAsync("SELECT count(*) FROM users WHERE id = @id AND locale = 'de'", new { id = long.Parse(body.Text("user_id"), null) }));
    }

    [Fact]
    public async Task RegisterAccount_WithoutAddressAndPassword_MakesAnUnclaimedAccount()
    {
        using var client = app.CreateClient();

        var account = await client.RegisterUnclaimedAsync();

        var user = await account.UserAsync();
        Assert.Equal(System.Text.Json.JsonValueKind.Null, user.GetProperty("email").ValueKind);
        Assert.NotEmpty(user.Text("username"));
    }

    [Theory]
    [InlineData("email", "\"\"", "email=INVALID_FORMAT")]
    [InlineData("email", "null", "email=INVALID_FORMAT")]
    [InlineData("email", "7", "email=INVALID_FORMAT")]
    [InlineData("email", "\"nobody\"", "email=INVALID_EMAIL_FORMAT")]
    [InlineData("email", "\"a@b\"", "email=INVALID_EMAIL_FORMAT")]
    [InlineData("email", "\"a..b@example.test\"", "email=INVALID_EMAIL_FORMAT")]
    [InlineData("email", "\"a b@example.test\"", "email=INVALID_EMAIL_LOCAL_PART")]
    [InlineData("email", "\"ä@example.test\"", "email=INVALID_EMAIL_LOCAL_PART")]
    [InlineData("password", "\"1234567\"", "password=PASSWORD_LENGTH_INVALID")]
    [InlineData("password", "\"  1234567  \"", "password=PASSWORD_LENGTH_INVALID")]
    [InlineData("password", "\"\\u0001\\u0002\\u00031234567\"", "password=PASSWORD_LENGTH_INVALID")]
    [InlineData("password", "\"Password123\"", "password=PASSWORD_IS_TOO_COMMON")]
    [InlineData("username", "\"\"", "username=INVALID_FORMAT")]
    [InlineData("username", "\"a b\"", "username=USERNAME_INVALID_CHARACTERS")]
    [InlineData("username", "\"Everyone\"", "username=USERNAME_RESERVED_VALUE")]
    [InlineData("username", "\"xFluxerx\"", "username=USERNAME_CANNOT_CONTAIN_RESERVED_TERMS")]
    [InlineData("username", "\"a23456789012345678901234567890123\"", "username=USERNAME_LENGTH_INVALID")]
    [InlineData("global_name", "\"here\"", "global_name=GLOBAL_NAME_RESERVED_VALUE")]
    [InlineData("global_name", "\"a System  Message\"", "global_name=GLOBAL_NAME_CANNOT_CONTAIN_RESERVED_TERMS")]
    [InlineData("global_name", "\"\\u200b\"", "global_name=GLOBAL_NAME_LENGTH_INVALID")]
    [InlineData("global_name", "\"123456789012345678901234567890123\"", "global_name=GLOBAL_NAME_LENGTH_INVALID")]
    [InlineData("consent", "false", "consent=MUST_AGREE_TO_TOS_AND_PRIVACY_POLICY")]
    [InlineData("consent", "\"true\"", "consent=INVALID_FORMAT")]
    [InlineData("consent", "null", "consent=INVALID_FORMAT")]
    [InlineData("date_of_birth", "\"2023-02-29\"", "date_of_birth=INVALID_DATE_OF_BIRTH_FORMAT")]
    [InlineData("date_of_birth", "\"1990-5-17\"", "date_of_birth=INVALID_DATE_OF_BIRTH_FORMAT")]
    [InlineData("date_of_birth", "\"2999-01-01\"", "date_of_birth=INVALID_DATE_OF_BIRTH_FORMAT")]
    [InlineData("date_of_birth", "\"2024-01-01\"", "date_of_birth=MUST_BE_MINIMUM_AGE")]
    [InlineData("date_of_birth", "19900517", "date_of_birth=INVALID_FORMAT")]
    [InlineData("invite_code", "7", "invite_code=INVALID_FORMAT")]
    public async Task RegisterAccount_BadField_RefusedAndNothingStored(string name, string value, string error)
    {
        using var client = app.CreateClient();
        var email = TestClient.NewEmail();
        var body = TestClient.Registration(email);
        body[name] = JsonNode.Parse(value);

        using var response = await client.PostAsync(Path, body);

        await response.AssertFieldsAsync(error);
        Assert.Equal(0, await app.CountAsync("SELECT count(*) FROM users WHERE email = @email", new { email }));
        Assert.Empty(await app.MessagesAsync(email));
    }

    [Fact]
    public async Task RegisterAccount_MembersMissing_NamesEach()
    {
        using var client = app.CreateClient();

        using var empty = await client.PostAsync(Path, "{}");
        await empty.AssertFieldsAsync("consent=INVALID_FORMAT", "date_of_birth=INVALID_FORMAT");
        using var noPassword = await client.PostAsync(Path, """{"email":"a@example.test","date_of_birth":"1990-01-01","consent":true}""");
        await noPassword.AssertFieldsAsync("password=INVALID_FORMAT");
        using var noEmail = await client.PostAsync(Path, """{"password":"correct horse","date_of_birth":"1990-01-01","consent":true}""");
        await noEmail.AssertFieldsAsync("email=INVALID_FORMAT");
    }

    [Fact]
    public async Task RegisterAccount_LongTextForADate_IsNoDate()
    {
        using var client = app.CreateClient();
        var body = TestClient.Registration();
        body["date_of_birth"] = new string('1', 300);

        using var response = await client.PostAsync(Path, body);

        await response.AssertFieldsAsync("date_of_birth=INVALID_DATE_OF_BIRTH_FORMAT");
    }

    [Fact]
    public async Task RegisterAccount_AddressInOtherCase_RefusedAsInUse()
    {
        using var client = app.CreateClient();
        var account = await client.RegisterAsync();

        using var response = await client.PostAsync(Path, TestClient.Registration(account.Email.ToUpperInvariant()));

        await response.AssertFieldsAsync("email=EMAIL_ALREADY_IN_USE");
    }

    [Fact]
    public async Task RegisterAccount_OneAddress200TimesInParallel_OneAccount()
    {
        using var client = app.CreateClient();
        var email = TestClient.NewEmail();

        var responses = await Task.WhenAll(Enumerable.Range(0, 200).Select(index => client.PostAsync(
            Path, TestClient.Registration(index % 2 == 0 ? email : email.ToUpperInvariant()))));

        var winner = await Assert.Single(responses, response => (int)response.StatusCode == 200).JsonAsync(200);
        foreach (var response in responses.Where(response => (int)response.StatusCode != 200))
        {
            await response.AssertFieldsAsync("email=EMAIL_ALREADY_IN_USE");
        }

        Assert.Equal(1, await app.CountAsync("SELECT count(*) FROM users WHERE lower(email) = lower(@email)", new { email }));
        Assert.Single((await app.MessagesAsync(email)));
        Assert.Equal(["UserRegistered", "SessionCreated"], await app.EventsOfAsync(winner.Text("user_id")));
        Assert.Equal(1, await app.CountAsync(
            "SELECT count(*) FROM sessions s JOIN audit_log a USING (user_id) WHERE s.user_id = @id AND a.action = 'registered'", new { id = long.Parse(winner.Text("user_id"), null) }));
    }

    [Fact]
    public async Task RegisterAccount_PopularName_EveryoneGetsATagOfHisOwn()
    {
        using var client = app.CreateClient();

        var responses = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => client.PostAsync(Path, TestClient.Registration(others: ("username", "Popular")))));

        Assert.All(responses, response => Assert.Equal(200, (int)response.StatusCode));
        Assert.Equal(50, await app.CountAsync("SELECT count(DISTINCT discriminator) FROM users WHERE username = 'Popular'"));
    }

    [Fact]
    public async Task RegisterAccount_NoTagLeft_Refused()
    {
        using var client = app.CreateClient();
        await app.CountAsync("""
            INSERT INTO users (id, username, discriminator, created_at, last_active_at)
            SELECT -tag, 'Crowded', tag, now(), now() FROM generate_series(1, 9999) AS tag
            """);

        using var response = await client.PostAsync(Path, TestClient.Registration(others: ("username", "cROWDED")));

        await response.AssertFieldsAsync("username=TOO_MANY_USERS_WITH_THIS_USERNAME");
        await app.CountAsync("DELETE FROM users WHERE username = 'Crowded'");
    }

    [Theory]
    [InlineData("Magic Tester", "Magic_Tester")]
    [InlineData("Zoë", "Zoe")]
    public async Task RegisterAccount_NoUsername_MadeOfTheDisplayName(string globalName, string username)
    {
        using var client = app.CreateClient();

        using var response = await client.PostAsync(Path, TestClient.Registration(others: ("global_name", globalName)));

        using var read = await client.GetAsync("/v1/users/@me", (await response.JsonAsync(200)).Text("token"));
        Assert.Equal(username, (await read.JsonAsync(200)).Text("username"));
    }
}
