using System.Net;
using IdentityAuth.Tests.Infrastructure;
using IdentitySimulator;

namespace IdentityAuth.Tests.Features;

public sealed class LoginWithTotpTests(FactorsApp app) : IClassFixture<FactorsApp>
{
    [Fact]
    public async Task LoginWithTotp_RightCode_SignsIn()
    {
        var person = await (await Person.RegisterAsync(app)).WithTotpAsync();
        var ticket = await person.TicketAsync();

        using var response = await person.TotpAsync(ticket, person.Code());

        var signedIn = Person.Of(app, await response.JsonAsync(200));
        Assert.Equal(person.UserId, signedIn.UserId);
        Assert.Equal(person.UserId, (await signedIn.MeAsync()).Text("id"));
        Assert.Contains("\"totp\"", (await app.App.EventBodiesAsync("SessionCreated", person.UserId))[^1].GetRawText(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{}", "code=INVALID_FORMAT", "ticket=INVALID_FORMAT")]
    [InlineData("""{"code":"","ticket":null}""", "code=INVALID_FORMAT", "ticket=INVALID_FORMAT")]
    [InlineData("""{"code":1,"ticket":[]}""", "code=INVALID_FORMAT", "ticket=INVALID_FORMAT")]
    [InlineData("""{"code":"123456"}""", "ticket=INVALID_FORMAT")]
    [InlineData("", "code=INVALID_FORMAT", "ticket=INVALID_FORMAT")]
    public async Task LoginWithTotp_BadBody_IsRefused(string body, params string[] errors)
    {
        using var response = await app.Client.PostAsync("/v1/auth/login/mfa/totp", body);

        await response.AssertFieldsAsync(errors);
    }

    [Fact]
    public async Task LoginWithTotp_TooLong_IsRefused()
    {
        using var response = await app.Client.PostAsync("/v1/auth/login/mfa/totp", new { code = new string('1', 257), ticket = new string('t', 257) });

        await response.AssertFieldsAsync("code=STRING_LENGTH_INVALID", "ticket=STRING_LENGTH_INVALID");
    }

    [Fact]
    public async Task LoginWithTotp_UnknownTicket_TimesOut()
    {
        using var response = await app.Client.PostAsync("/v1/auth/login/mfa/totp", new { code = "123456", ticket = new string('t', 64) });

        await response.AssertFieldsAsync("code=SESSION_TIMEOUT");
    }

    [Fact]
    public async Task LoginWithTotp_TicketUsed_TimesOut()
    {
        var person = await (await Person.RegisterAsync(app)).WithTotpAsync();
        var ticket = await person.TicketAsync();
        using var first = await person.TotpAsync(ticket, person.Code());
        await first.JsonAsync(200);
        person.NextStep();

        using var second = await person.TotpAsync(ticket, person.Code());

        await second.AssertFieldsAsync("code=SESSION_TIMEOUT");
        Assert.Equal(2, await person.SessionsAsync());
    }

    [Fact]
    public async Task LoginWithTotp_CodeUsed_IsRefusedWithANewTicket()
    {
        var person = await (await Person.RegisterAsync(app)).WithTotpAsync();
        using var first = await person.TotpAsync(await person.TicketAsync(), person.Code());
        await first.JsonAsync(200);

        using var again = await person.TotpAsync(await person.TicketAsync(), person.Code());
        using var older = await person.TotpAsync(await person.TicketAsync(), person.Code(-1));

        await again.AssertFieldsAsync("code=INVALID_CODE");
        await older.AssertFieldsAsync("code=INVALID_CODE");
        Assert.Equal(2, await person.SessionsAsync());
    }

    [Fact]
    public async Task LoginWithTotp_CodeOfEnrolment_IsSpent()
    {
        var person = await Person.RegisterAsync(app);
        var authenticator = new AuthenticatorApp();
        var code = authenticator.Code(app.Clock.GetUtcNow());
        using var enabled = await person.PostAsync("/v1/users/@me/mfa/totp/enable", new { secret = authenticator.Secret, code, password = person.Password });
        await enabled.JsonAsync(200);

        using var response = await person.TotpAsync(await person.TicketAsync(), code);

        await response.AssertFieldsAsync("code=INVALID_CODE");
    }

    [Theory]
    [InlineData(-2, false)]
    [InlineData(-1, true)]
    [InlineData(0, true)]
    [InlineData(1, true)]
    [InlineData(2, false)]
    public async Task LoginWithTotp_StepsAroundNow_OneOnEitherSideIsAccepted(int steps, bool accepted)
    {
        var person = await (await Person.RegisterAsync(app)).WithTotpAsync();
        person.NextStep();
        person.NextStep();

        using var response = await person.TotpAsync(await person.TicketAsync(), person.Code(steps));

        Assert.Equal(accepted ? HttpStatusCode.OK : HttpStatusCode.BadRequest, response.StatusCode);
    }

    [Fact]
    public async Task LoginWithTotp_BackupCode_SignsInOnceHoweverItIsSpelt()
    {
        var person = await (await Person.RegisterAsync(app)).WithTotpAsync();

        using var first = await person.TotpAsync(await person.TicketAsync(), person.BackupCodes[0].ToUpperInvariant());
        using var second = await person.TotpAsync(await person.TicketAsync(), person.BackupCodes[1].Replace("-", "", StringComparison.Ordinal));
        using var again = await person.TotpAsync(await person.TicketAsync(), person.BackupCodes[0]);

        await first.JsonAsync(200);
        await second.JsonAsync(200);
        await again.AssertFieldsAsync("code=INVALID_CODE");
    }

    [Fact]
    public async Task LoginWithTotp_AnotherPersonsBackupCode_IsRefused()
    {
        var person = await (await Person.RegisterAsync(app)).WithTotpAsync();
        var other = await (await Person.RegisterAsync(app)).WithTotpAsync();

        using var response = await person.TotpAsync(await person.TicketAsync(), other.BackupCodes[0]);

        await response.AssertFieldsAsync("code=INVALID_CODE");
    }

    [Fact]
    public async Task LoginWithTotp_FiveWrongCodes_BurnTheTicket()
    {
        var person = await (await Person.RegisterAsync(app)).WithTotpAsync();
        var ticket = await person.TicketAsync();
        for (var i = 0; i < 5; i++)
        {
            using var wrong = await person.TotpAsync(ticket, "aaaa-aaaa");
            await wrong.AssertFieldsAsync("code=INVALID_CODE");
        }

        using var response = await person.TotpAsync(ticket, person.Code());

        await response.AssertFieldsAsync("code=SESSION_TIMEOUT");
        Assert.Equal(1, await person.SessionsAsync());
    }

    [Fact]
    public async Task LoginWithTotp_WrongPasswordAndWrongCode_ArePublishedUnderOneNameThatTellsNothing()
    {
        var person = await (await Person.RegisterAsync(app)).WithTotpAsync();
        using var first = await app.Client.PostAsync("/v1/auth/login", new { email = person.Email, password = "not the password" });
        await first.AssertFieldsAsync("email=INVALID_EMAIL_OR_PASSWORD", "password=INVALID_EMAIL_OR_PASSWORD");
        using var second = await person.TotpAsync(await person.TicketAsync(), "aaaa-aaaa");
        await second.AssertFieldsAsync("code=INVALID_CODE");

        await using var connection = new Npgsql.NpgsqlConnection(app.App.Database);
        var events = (await Dapper.SqlMapper.QueryAsync<(string Account, string Reason)>(
            connection,
            "SELECT body->>'accountKey', body->>'reason' FROM outbox WHERE type LIKE '%SignInFailed' ORDER BY id DESC LIMIT 2")).ToList();
        Assert.Equal(["mfa", "credentials"], events.Select(one => one.Reason));
        Assert.Single(events.Select(one => one.Account).Distinct(StringComparer.Ordinal));
        Assert.Matches("^[A-Za-z0-9_-]{43}$", events[0].Account);
    }

    /// <summary>What fails because Postgres is away has compared nothing: neither the ticket nor the account has one guess less.</summary>
    [Fact]
    public async Task LoginWithTotp_PostgresGoesAwayDuringTheCheck_CostsNoGuess()
    {
        var person = await (await Person.RegisterAsync(app)).WithTotpAsync();
        var (ticket, other) = (await person.TicketAsync(), await person.TicketAsync());
        await using (var outage = await TableOutage.OfAsync(app.App.Database, "totp_secrets"))
        {
            for (var i = 0; i < 5; i++)
            {
                await outage.AssertUnavailableAsync(() => person.TotpAsync(ticket, person.Code()));
                await outage.AssertUnavailableAsync(() => person.TotpAsync(other, person.Code()));
            }
        }

        using var response = await person.TotpAsync(ticket, person.Code());

        await response.JsonAsync(200);
    }

    [Fact]
    public async Task LoginWithTotp_FourWrongCodes_TheFifthTryMaySucceed()
    {
        var person = await (await Person.RegisterAsync(app)).WithTotpAsync();
        var ticket = await person.TicketAsync();
        for (var i = 0; i < 4; i++)
        {
            using var wrong = await person.TotpAsync(ticket, "aaaa-aaaa");
            await wrong.AssertFieldsAsync("code=INVALID_CODE");
        }

        using var response = await person.TotpAsync(ticket, person.Code());

        await response.JsonAsync(200);
    }

    [Fact]
    public async Task LoginWithTotp_TenFailuresOfTheAccount_LimitEveryTicketFor15Minutes()
    {
        var person = await (await Person.RegisterAsync(app)).WithTotpAsync();
        for (var i = 0; i < 10; i++)
        {
            using var wrong = await person.TotpAsync(await person.TicketAsync(), "aaaa-aaaa");
            await wrong.AssertFieldsAsync("code=INVALID_CODE");
        }

        using var refused = await person.TotpAsync(await person.TicketAsync(), person.Code());
        await refused.AssertProblemAsync(429, "RATE_LIMITED");
        Assert.True(refused.Headers.RetryAfter!.Delta > TimeSpan.FromMinutes(14));

        app.Clock.Advance(TimeSpan.FromMinutes(15));
        using var response = await person.TotpAsync(await person.TicketAsync(), person.Code());
        await response.JsonAsync(200);
    }

    [Fact]
    public async Task LoginWithTotp_SuccessBetweenFailures_IsNotCounted()
    {
        var person = await (await Person.RegisterAsync(app)).WithTotpAsync();
        for (var i = 0; i < 9; i++)
        {
            using var wrong = await person.TotpAsync(await person.TicketAsync(), "aaaa-aaaa");
            using var right = await person.TotpAsync(await person.TicketAsync(), person.Code());
            await right.JsonAsync(200);
            person.NextStep();
        }

        using var response = await person.TotpAsync(await person.TicketAsync(), person.Code());
        await response.JsonAsync(200);
    }

    [Fact]
    public async Task LoginWithTotp_AccountWithSecurityKeyOnly_IsRefused()
    {
        using var authenticator = new SoftwareAuthenticator(FactorsApp.Origin, FactorsApp.RpId);
        var person = await Person.RegisterAsync(app);
        await person.WithCredentialAsync(authenticator);
        var ticket = await person.TicketAsync();

        foreach (var code in new[] { "000000", "aaaa-aaaa" })
        {
            using var response = await person.TotpAsync(ticket, code);
            await response.AssertFieldsAsync("code=INVALID_CODE");
        }
    }

    [Fact]
    public async Task LoginWithTotp_SuspendedSinceTheTicket_IsTold()
    {
        var person = await (await Person.RegisterAsync(app)).WithTotpAsync();
        var ticket = await person.TicketAsync();
        await app.ExecuteAsync("UPDATE users SET banned_until = @until WHERE id = @Id", new { person.Id, until = app.Clock.GetUtcNow().AddHours(1) });

        using var response = await person.TotpAsync(ticket, person.Code());

        await response.AssertProblemAsync(403, "ACCOUNT_SUSPENDED_TEMPORARILY");
        Assert.Equal(1, await app.CountAsync("SELECT count(*) FROM audit_log WHERE user_id = @Id AND action = 'sign_in_failed' AND detail = 'suspended'", new { person.Id }));
    }

    [Fact]
    public async Task LoginWithTotp_PasswordChangedSinceTheTicket_TimesOut()
    {
        var person = await (await Person.RegisterAsync(app)).WithTotpAsync();
        var ticket = await person.TicketAsync();
        await app.ExecuteAsync("UPDATE users SET security_stamp = security_stamp + 1 WHERE id = @Id", new { person.Id });

        using var response = await person.TotpAsync(ticket, person.Code());

        await response.AssertFieldsAsync("code=SESSION_TIMEOUT");
    }

    [Fact]
    public async Task LoginWithTotp_OneTicketAndCode200InParallel_OneSession()
    {
        var person = await (await Person.RegisterAsync(app)).WithTotpAsync();
        var ticket = await person.TicketAsync();

        var outcomes = await Race.RunAsync(200, _ => person.TotpAsync(ticket, person.Code()));

        Assert.Single(outcomes, "200");
        Assert.All(outcomes, outcome => Assert.Contains(outcome, (string[])["200", "code=SESSION_TIMEOUT", "code=INVALID_CODE"]));
        Assert.Equal(2, await person.SessionsAsync());

        // Whoever lost has not guessed: the limit of ten is untouched.
        person.NextStep();
        using var response = await person.TotpAsync(await person.TicketAsync(), person.Code());
        await response.JsonAsync(200);
    }

    [Fact]
    public async Task LoginWithTotp_OneStepWith200TicketsInParallel_OneSession()
    {
        var person = await (await Person.RegisterAsync(app)).WithTotpAsync();
        var tickets = new List<string>();
        for (var i = 0; i < 200; i++)
        {
            tickets.Add(await person.TicketAsync());
        }

        var outcomes = await Race.RunAsync(200, i => person.TotpAsync(tickets[i], person.Code()));

        Assert.Single(outcomes, "200");
        Assert.All(outcomes, outcome => Assert.Contains(outcome, (string[])["200", "429", "code=INVALID_CODE"]));
        Assert.Equal(2, await person.SessionsAsync());
        Assert.Equal(["register", "totp"], await MethodsAsync(person));
        Assert.Equal(1, await app.CountAsync("SELECT count(*) FROM audit_log WHERE user_id = @Id AND action = 'signed_in' AND detail = 'totp'", new { person.Id }));
    }

    [Fact]
    public async Task LoginWithTotp_OneBackupCodeWith200TicketsInParallel_OneSession()
    {
        var person = await (await Person.RegisterAsync(app)).WithTotpAsync();
        var tickets = new List<string>();
        for (var i = 0; i < 200; i++)
        {
            tickets.Add(await person.TicketAsync());
        }

        var outcomes = await Race.RunAsync(200, i => person.TotpAsync(tickets[i], person.BackupCodes[3]));

        Assert.Single(outcomes, "200");
        Assert.Equal(2, await person.SessionsAsync());
        Assert.Equal(1, await app.CountAsync("SELECT count(*) FROM backup_codes WHERE user_id = @Id AND consumed_at IS NOT NULL", new { person.Id }));
        Assert.Equal(["register", "totp"], await MethodsAsync(person));
    }

    [Fact]
    public async Task LoginWithTotp_200WrongGuessesInParallel_FiveAreLookedAtAndTheTicketIsBurnt()
    {
        var person = await (await Person.RegisterAsync(app)).WithTotpAsync();
        var ticket = await person.TicketAsync();

        var outcomes = await Race.RunAsync(200, _ => person.TotpAsync(ticket, "aaaa-aaaa"));

        Assert.Equal(5, outcomes.Count(outcome => outcome == "code=INVALID_CODE"));
        Assert.Equal(195, outcomes.Count(outcome => outcome == "code=SESSION_TIMEOUT"));
    }

    /// <summary>By what each of somebody's sessions was made, as it was published.</summary>
    private async Task<IEnumerable<string>> MethodsAsync(Person person)
        => (await app.App.EventBodiesAsync("SessionCreated", person.UserId)).Select(one => one.Text("method"));
}
