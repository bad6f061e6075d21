using IdentityAuth.Delivery;
using IdentityAuth.Tests.Infrastructure;

namespace IdentityAuth.Tests.Features;

/// <summary>Contract §3.4.</summary>
public sealed class LoginUserTests(IdentityApp app)
{
    [Fact]
    public async Task LoginUser_KnownAddress_MakesAnotherSession()
    {
        using var client = app.CreateClient();
        var account = await client.RegisterAsync();

        using var response = await client.LoginAsync(account.Email.ToUpperInvariant());

        var body = await response.JsonAsync(200);
        Assert.Equal(account.Id, body.Text("user_id"));
        Assert.False(body.TryGetProperty("mfa", out _));
        Assert.NotEqual(account.Token, body.Text("token"));
        Assert.True(await client.IsAliveAsync(account.Token));
        Assert.True(await client.IsAliveAsync(body.Text("token")));
        Assert.Equal(["register", "password"], (await app.EventBodiesAsync("SessionCreated", account.Id)).Select(one => one.Text("method")));
    }

    [Fact]
    public async Task LoginUser_UnknownWrongOrNoPassword_RefusedAlike()
    {
        using var client = app.CreateClient();
        var account = await client.RegisterAsync();
        var passwordless = await client.RegisterAsync();
        await app.ChangeUserAsync(passwordless.Id, "password_hash = NULL");

        foreach (var (email, password) in new[]
        {
            (TestClient.NewEmail(), TestClient.Password), (account.Email, "wrong horse battery"), (passwordless.Email, TestClient.Password),
        })
        {
            using var response = await client.LoginAsync(email, password);
            await response.AssertFieldsAsync("email=INVALID_EMAIL_OR_PASSWORD", "password=INVALID_EMAIL_OR_PASSWORD");
        }

        Assert.Equal(1, await app.CountAsync("SELECT count(*) FROM sessions WHERE user_id = @id", new { id = long.Parse(account.Id, null) }));
        Assert.Equal(3, await app.CountAsync("SELECT count(*) FROM outbox WHERE type LIKE '%SignInFailed' AND body->>'ipAddress' = @ip", new { ip = client.Address }));
    }

    [Fact]
    public async Task LoginUser_UserAgentCutWithinACharacter_IsKeptWithoutIt()
    {
        using var client = app.CreateClient();
        var account = await client.RegisterAsync();
        client.UserAgent = new string('a', 511) + "\ud83d\ude00" + "b";

        using var response = await client.LoginAsync(account.Email);

        await response.JsonAsync(200);
        Assert.Equal(1, await app.CountAsync("SELECT count(*) FROM sessions WHERE user_id = @id AND user_agent = repeat('a', 511)", new { id = long.Parse(account.Id, null) }));
    }

    [Theory]
    [InlineData("""{"email":"a@example.test"}""", "password=INVALID_FORMAT")]
    [InlineData("""{"email":"a@example.test","password":"1234567"}""", "password=PASSWORD_LENGTH_INVALID")]
    [InlineData("""{"email":"nobody","password":"12345678"}""", "email=INVALID_EMAIL_FORMAT")]
    [InlineData("""{"email":"a@example.test","password":"12345678","invite_code":7}""", "invite_code=INVALID_FORMAT")]
    [InlineData("not json", "email=INVALID_FORMAT,password=INVALID_FORMAT")]
    [InlineData("", "email=INVALID_FORMAT,password=INVALID_FORMAT")]
    [InlineData("[]", "root=INVALID_FORMAT,email=INVALID_FORMAT,password=INVALID_FORMAT")]
    public async Task LoginUser_BadBody_NamesTheFields(string body, string errors)
    {
        using var client = app.CreateClient();

        using var response = await client.PostAsync("/v1/auth/login", body);

        await response.AssertFieldsAsync(errors.Split(','));
    }

    [Fact]
    public async Task LoginUser_Suspended_ToldOnlyWithTheRightPassword()
    {
        using var client = app.CreateClient();
        foreach (var (assignment, status, code) in new[]
        {
            ("is_bot = true", 403, "BOT_USER_AUTH_ENDPOINT_ACCESS_DENIED"),
            ("flags = 1", 403, "ACCOUNT_SUSPENDED_PERMANENTLY"),
            ("banned_until = now() + interval '1 hour'", 403, "ACCOUNT_SUSPENDED_TEMPORARILY"),
            ("flags = 10", 403, "ACCOUNT_SUSPENDED_TEMPORARILY"),
        })
        {
            var account = await client.RegisterAsync();
            await app.ChangeUserAsync(account.Id, assignment);

            using var wrong = await client.LoginAsync(account.Email, "wrong horse battery");
            await wrong.AssertFieldsAsync("email=INVALID_EMAIL_OR_PASSWORD", "password=INVALID_EMAIL_OR_PASSWORD");
            using var right = await client.LoginAsync(account.Email);
            await right.AssertProblemAsync(status, code);
        }
    }

    [Theory]
    [InlineData("banned_until = now() - interval '1 second'")]
    [InlineData("flags = 2")]
    [InlineData("flags = 4, deletion_at = now() + interval '1 day'")]
    public async Task LoginUser_LapsedBanSelfDisabledOrLeaving_IsBack(string assignment)
    {
        using var client = app.CreateClient();
        var account = await client.RegisterAsync();
        await app.ChangeUserAsync(account.Id, assignment);

        var token = await client.TokenAsync(account.Email);

        Assert.True(await client.IsAliveAsync(token));
        Assert.Equal(1, await app.CountAsync(
            "SELECT count(*) FROM users WHERE id = @id AND flags = 0 AND deletion_at IS NULL AND banned_until IS NULL", new { id = long.Parse(account.Id, null) }));
    }

    [Fact]
    public async Task LoginUser_SecondFactor_AnswersWithATicketWhereverItComesFrom()
    {
        using var client = app.CreateClient();
        var account = await client.RegisterAsync();
        await app.ChangeUserAsync(account.Id, "authenticators = 7, phone = '+4915112345678'");
        client.Address = TestClient.NewAddress();

        using var response = await client.LoginAsync(account.Email);

        var body = await response.JsonAsync(200);
        Assert.True(body.GetProperty("mfa").GetBoolean());
        Assert.False(body.TryGetProperty("token", out _));
        Assert.Matches("^[A-Za-z0-9]{64}$", body.Text("ticket"));
        Assert.Equal(["totp", "sms", "webauthn"], body.GetProperty("allowed_methods").EnumerateArray().Select(one => one.GetString()));
        Assert.Equal("****5678", body.Text("sms_phone_hint"));
        Assert.True(body.GetProperty("totp").GetBoolean() && body.GetProperty("sms").GetBoolean() && body.GetProperty("webauthn").GetBoolean());
        Assert.Equal(1, await app.CountAsync("SELECT count(*) FROM sessions WHERE user_id = @id", new { id = long.Parse(account.Id, null) }));
    }

    [Fact]
    public async Task LoginUser_NewAddress_WantsTheOwnersWord()
    {
        using var client = app.CreateClient();
        var account = await client.RegisterAsync();
        client.Address = TestClient.NewAddress();

        using var response = await client.LoginAsync(account.Email);

        var body = await response.AssertProblemAsync(403, "IP_AUTHORIZATION_REQUIRED");
        Assert.True(body.GetProperty("ip_authorization_required").GetBoolean());
        Assert.Matches("^[A-Za-z0-9]{64}$", body.Text("ticket"));
        Assert.Equal(account.Email, body.Text("email"));
        Assert.Equal(30, body.GetProperty("resend_available_in").GetInt32());
        var mail = await app.MessageAsync(account.Email, DeliveryKind.IpAuthorization);
        Assert.Equal(client.Address, mail.IpAddress);
        Assert.NotEqual(body.Text("ticket"), mail.Token);
    }

    [Fact]
    public async Task LoginUser_NewAddressOfAReviewer_SignsIn()
    {
        using var client = app.CreateClient();
        var account = await client.RegisterAsync();
        await app.ChangeUserAsync(account.Id, "flags = 16");
        client.Address = TestClient.NewAddress();

        Assert.True(await client.IsAliveAsync(await client.TokenAsync(account.Email)));
    }

    [Fact]
    public async Task LoginUser_HashOfOldParameters_IsRenewed()
    {
        using var client = app.CreateClient();
        var account = await client.RegisterAsync();
        await app.ChangeUserAsync(account.Id, "password_hash = @hash", new { hash = IdentityAuth.Passwords.PasswordHash.Create(TestClient.Password, 32, 2).ToString() });

        await client.TokenAsync(account.Email);

        Assert.Equal(1, await app.CountAsync("SELECT count(*) FROM users WHERE id = @id AND password_hash LIKE '$argon2id$v=19$m=64,t=1,p=1$%'", new { id = long.Parse(account.Id, null) }));
        await client.TokenAsync(account.Email);
    }
}
