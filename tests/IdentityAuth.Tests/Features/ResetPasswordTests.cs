using IdentityAuth.Delivery;
using IdentityAuth.Tests.Infrastructure;

namespace IdentityAuth.Tests.Features;

/// <summary>Contract §5.2.</summary>
public sealed class ResetPasswordTests(IdentityApp app)
{
    private const string Path = "/v1/auth/reset";
    private const string NewPassword = "staple battery horse";

    [Fact]
    public async Task ResetPassword_MailedToken_EndsEverySessionAndSignsIn()
    {
        using var client = app.CreateClient();
        var account = await client.RegisterAsync();
        var second = await client.TokenAsync(account.Email);
        var reset = await TokenAsync(account);
        client.Address = TestClient.NewAddress();

        using var response = await client.PostAsync(Path, new { token = reset, password = NewPassword });

        var token = (await response.JsonAsync(200)).Text("token");
        Assert.Equal((false, false, true), (await client.IsAliveAsync(account.Token), await client.IsAliveAsync(second), await client.IsAliveAsync(token)));
        using var old = await client.LoginAsync(account.Email);
        await old.AssertFieldsAsync("email=INVALID_EMAIL_OR_PASSWORD", "password=INVALID_EMAIL_OR_PASSWORD");
        await client.TokenAsync(account.Email, NewPassword); // the address is known now
        using var again = await client.PostAsync(Path, new { token = reset, password = NewPassword });
        await again.AssertFieldsAsync("token=INVALID_OR_EXPIRED_RESET_TOKEN");
        var revoked = Assert.Single(await app.EventBodiesAsync("SessionsRevoked", account.Id));
        Assert.Equal(("password_reset", 2), (revoked.Text("reason"), revoked.GetProperty("idHashes").GetArrayLength()));
        Assert.Equal("reset", (await app.EventBodiesAsync("SessionCreated", account.Id))[2].Text("method"));
    }

    [Fact]
    public async Task ResetPassword_SecondFactor_IsStillAskedFor()
    {
        using var client = app.CreateClient();
        var account = await client.RegisterAsync();
        await app.ChangeUserAsync(account.Id, "authenticators = 1");
        var reset = await TokenAsync(account);

        using var response = await client.PostAsync(Path, new { token = reset, password = NewPassword });

        var body = await response.JsonAsync(200);
        Assert.True(body.GetProperty("mfa").GetBoolean());
        Assert.Equal(["totp"], body.GetProperty("allowed_methods").EnumerateArray().Select(one => one.GetString()));
        Assert.False(await client.IsAliveAsync(account.Token));
        Assert.Equal(0, await app.CountAsync("SELECT count(*) FROM sessions WHERE user_id = @id", new { id = long.Parse(account.Id, null) }));
    }

    /// <summary>The row was read before the password was hashed; what it says when it is written counts.</summary>
    [Fact]
    public async Task ResetPassword_SecondFactorEnrolledMeanwhile_IsAskedFor()
    {
        using var client = app.CreateClient();
        var account = await client.RegisterAsync();
        var reset = await TokenAsync(account);
        await using var enrolment = await RowLock.HoldAsync(app, account.Id);
        var resetting = client.PostAsync(Path, new { token = reset, password = NewPassword });
        await enrolment.WaitedForAsync(1);

        await enrolment.CommitAsync("authenticators = 1, phone = '+49' || id");

        using var response = await resetting;
        var body = await response.JsonAsync(200);
        Assert.True(body.TryGetProperty("mfa", out _), body.GetRawText());
        Assert.Equal($"****{account.Id[^4..]}", body.Text("sms_phone_hint"));
        Assert.Equal(0, await app.CountAsync("SELECT count(*) FROM sessions WHERE user_id = @id", new { id = long.Parse(account.Id, null) }));
        // The ticket is one of this stamp.
        using var next = await client.PostAsync("/v1/auth/login/mfa/totp", new { ticket = body.Text("ticket"), code = "000000" });
        await next.AssertFieldsAsync("code=INVALID_CODE");
    }

    [Fact]
    public async Task ResetPassword_SuspendedMeanwhile_IsRefusedAndTheTokenStaysGood()
    {
        using var client = app.CreateClient();
        var account = await client.RegisterAsync();
        var reset = await TokenAsync(account);
        await using var suspension = await RowLock.HoldAsync(app, account.Id);
        var resetting = client.PostAsync(Path, new { token = reset, password = NewPassword });
        await suspension.WaitedForAsync(1);

        await suspension.CommitAsync("banned_until = now() + interval '1 day'");

        using var response = await resetting;
        await response.AssertProblemAsync(403, "ACCOUNT_SUSPENDED_TEMPORARILY");
        await app.ChangeUserAsync(account.Id, "banned_until = NULL");
        using var again = await client.PostAsync(Path, new { token = reset, password = NewPassword });
        await again.JsonAsync(200);
    }

    [Theory]
    [InlineData("authenticators = 1, ", 1)]
    [InlineData("", 0)]
    public async Task ResetPassword_SwitchedOffAccount_IsBackOnceItIsSignedIn(string factor, int stillLeaving)
    {
        using var client = app.CreateClient();
        var account = await client.RegisterAsync();
        await app.ChangeUserAsync(account.Id, factor + "flags = 6, deletion_at = now() + interval '1 day'");
        var reset = await TokenAsync(account);

        using var response = await client.PostAsync(Path, new { token = reset, password = NewPassword });

        await response.JsonAsync(200);
        Assert.Equal(stillLeaving, await app.CountAsync("SELECT count(*) FROM users WHERE id = @id AND flags = 6 AND deletion_at IS NOT NULL", new { id = long.Parse(account.Id, null) }));
    }

    [Fact]
    public async Task ResetPassword_200InParallel_OneWins()
    {
        using var client = app.CreateClient();
        var account = await client.RegisterAsync();
        var reset = await TokenAsync(account);

        var responses = await Task.WhenAll(Enumerable.Range(0, 200).Select(index => client.PostAsync(Path, new { token = reset, password = $"{NewPassword} {index}" })));

        Assert.Single(responses, response => (int)response.StatusCode == 200);
        foreach (var response in responses.Where(response => (int)response.StatusCode != 200))
        {
            await response.AssertFieldsAsync("token=INVALID_OR_EXPIRED_RESET_TOKEN");
        }

        Assert.Equal(1, await app.CountAsync("SELECT count(*) FROM sessions WHERE user_id = @id", new { id = long.Parse(account.Id, null) }));
        Assert.Equal(["register", "reset"], (await app.EventBodiesAsync("SessionCreated", account.Id)).Select(one => one.Text("method")));
        Assert.Single(await app.EventBodiesAsync("SessionsRevoked", account.Id));
        Assert.Equal(1, await app.CountAsync("SELECT count(*) FROM audit_log WHERE user_id = @id AND action = 'password_changed'", new { id = long.Parse(account.Id, null) }));
    }

    [Fact]
    public async Task ResetPassword_RacingSignIns_LeavesNoneOfThemBehind()
    {
        using var client = app.CreateClient();
        var account = await client.RegisterAsync();
        var reset = await TokenAsync(account);

        var signIns = Enumerable.Range(0, 200).Select(_ => client.LoginAsync(account.Email)).ToList();
        using var response = await client.PostAsync(Path, new { token = reset, password = NewPassword });
        var token = (await response.JsonAsync(200)).Text("token");
        var answers = await Task.WhenAll(signIns);

        // Those that came first were ended; those that compared the old password and came later made none.
        foreach (var answer in answers.Where(answer => (int)answer.StatusCode == 200))
        {
            Assert.False(await client.IsAliveAsync((await answer.JsonAsync(200)).Text("token")));
        }

        Assert.True(await client.IsAliveAsync(token));
        Assert.Equal(1, await app.CountAsync("SELECT count(*) FROM sessions WHERE user_id = @id", new { id = long.Parse(account.Id, null) }));
        // Of every session but the last the end was published as well as the beginning.
        var begun = (await app.EventBodiesAsync("SessionCreated", account.Id)).Select(one => one.Text("idHash")).ToList();
        var ended = (await app.EventBodiesAsync("SessionsRevoked", account.Id)).SelectMany(one => one.GetProperty("idHashes").EnumerateArray()).Select(one => one.GetString()!).ToList();
        Assert.Equal(answers.Count(answer => (int)answer.StatusCode == 200) + 2, begun.Count);
        Assert.Equal(begun[..^1].Order(StringComparer.Ordinal), ended.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task ResetPassword_CommonPassword_LeavesTheTokenGood()
    {
        using var client = app.CreateClient();
        var account = await client.RegisterAsync();
        var reset = await TokenAsync(account);

        using var common = await client.PostAsync(Path, new { token = reset, password = "iloveyou" });
        await common.AssertFieldsAsync("password=PASSWORD_IS_TOO_COMMON");
        using var good = await client.PostAsync(Path, new { token = reset, password = NewPassword });
        await good.JsonAsync(200);
    }

    [Fact]
    public async Task ResetPassword_AddressChangedDeletedOrSuspended_Refused()
    {
        using var client = app.CreateClient();
        foreach (var (assignment, error) in new[]
        {
            ("email = 'x' || email", "token=INVALID_OR_EXPIRED_RESET_TOKEN"), ("flags = 1", "token=INVALID_OR_EXPIRED_RESET_TOKEN"), ("banned_until = now() + interval '1 day'", ""),
        })
        {
            var account = await client.RegisterAsync();
            var reset = await TokenAsync(account);
            await app.ChangeUserAsync(account.Id, assignment);

            using var response = await client.PostAsync(Path, new { token = reset, password = NewPassword });

            if (error.Length > 0)
            {
                await response.AssertFieldsAsync(error);
            }
            else
            {
                await response.AssertProblemAsync(403, "ACCOUNT_SUSPENDED_TEMPORARILY");
            }
        }
    }

    [Theory]
    [InlineData("{}", "token=INVALID_FORMAT,password=INVALID_FORMAT")]
    [InlineData("""{"token":"x","password":"short"}""", "token=STRING_LENGTH_EXACT,password=PASSWORD_LENGTH_INVALID")]
    [InlineData("""{"token":"0000000000000000000000000000000000000000000000000000000000000000","password":"staple battery"}""", "token=INVALID_OR_EXPIRED_RESET_TOKEN")]
    public async Task ResetPassword_BadBody_Refused(string body, string errors)
    {
        using var client = app.CreateClient();

        using var response = await client.PostAsync(Path, body);

        await response.AssertFieldsAsync(errors.Split(','));
    }

    private async Task<string> TokenAsync(TestAccount account)
    {
        using var response = await account.Client.PostAsync("/v1/auth/forgot", new { email = account.Email });
        await response.AssertNoContentAsync();
        return (await app.MessageAsync(account.Email, DeliveryKind.PasswordReset)).Token!;
    }
}
