using IdentityAuth.Tests.Infrastructure;

namespace IdentityAuth.Tests.Features;

public sealed class LoginWithSmsMfaTests(FactorsApp app) : IClassFixture<FactorsApp>
{
    [Fact]
    public async Task LoginWithSmsMfa_TextedCode_SignsIn()
    {
        var person = await Person.RegisterAsync(app);
        var phone = await person.WithSmsAsync();
        var ticket = await person.TicketAsync();
        using var sent = await SendAsync(ticket);
        await sent.AssertNoContentAsync();

        using var response = await LogInAsync(ticket, await app.QueuedCodeAsync(phone));

        Assert.Equal(person.UserId, (await response.JsonAsync(200)).Text("user_id"));
        Assert.Contains("\"sms\"", (await app.App.EventBodiesAsync("SessionCreated", person.UserId))[^1].GetRawText(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task LoginWithSmsMfa_TotpStaysUsable_SignsIn()
    {
        var person = await Person.RegisterAsync(app);
        await person.WithSmsAsync();

        using var response = await person.TotpAsync(await person.TicketAsync(), person.Code());

        await response.JsonAsync(200);
    }

    [Fact]
    public async Task LoginWithSmsMfa_WrongNeverSentAndUsedCodes_AreRefused()
    {
        var person = await Person.RegisterAsync(app);
        var phone = await person.WithSmsAsync();
        var ticket = await person.TicketAsync();
        using var neverSent = await LogInAsync(ticket, "000000");
        await neverSent.AssertFieldsAsync("code=INVALID_CODE");

        using var sent = await SendAsync(ticket);
        var code = await app.QueuedCodeAsync(phone);
        using var wrong = await LogInAsync(ticket, code == "000000" ? "000001" : "000000");
        await wrong.AssertFieldsAsync("code=INVALID_CODE");
        using var right = await LogInAsync(ticket, code);
        await right.JsonAsync(200);

        using var used = await LogInAsync(await person.TicketAsync(), code);
        await used.AssertFieldsAsync("code=INVALID_CODE");
        Assert.Equal(2, await person.SessionsAsync());
    }

    [Fact]
    public async Task LoginWithSmsMfa_NewCode_TakesThePlaceOfTheOld()
    {
        var person = await Person.RegisterAsync(app);
        var phone = await person.WithSmsAsync();
        var ticket = await person.TicketAsync();
        using var first = await SendAsync(ticket);
        var old = await app.QueuedCodeAsync(phone);
        string fresh;
        do
        {
            // One in a million is the same: then once more.
            using var again = await SendAsync(ticket);
            fresh = await app.QueuedCodeAsync(phone, (await app.App.MessagesAsync(phone)).Count);
        }
        while (fresh == old);

        using var refused = await LogInAsync(ticket, old);
        using var accepted = await LogInAsync(ticket, fresh);

        await refused.AssertFieldsAsync("code=INVALID_CODE");
        await accepted.JsonAsync(200);
    }

    [Fact]
    public async Task LoginWithSmsMfa_FiveWrongTries_KillTheCode()
    {
        var person = await Person.RegisterAsync(app);
        var phone = await person.WithSmsAsync();
        using var sent = await SendAsync(await person.TicketAsync());
        var code = await app.QueuedCodeAsync(phone);
        for (var i = 0; i < 5; i++)
        {
            using var wrong = await LogInAsync(await person.TicketAsync(), code == "000000" ? "000001" : "000000");
            await wrong.AssertFieldsAsync("code=INVALID_CODE");
        }

        using var response = await LogInAsync(await person.TicketAsync(), code);

        await response.AssertFieldsAsync("code=INVALID_CODE");
    }

    [Fact]
    public async Task LoginWithSmsMfa_AnotherPersonsCode_IsRefused()
    {
        var (person, other) = (await Person.RegisterAsync(app), await Person.RegisterAsync(app));
        await person.WithSmsAsync();
        var phone = await other.WithSmsAsync();
        using var sent = await SendAsync(await other.TicketAsync());
        var code = await app.QueuedCodeAsync(phone);

        using var response = await LogInAsync(await person.TicketAsync(), code);

        await response.AssertFieldsAsync("code=INVALID_CODE");
    }

    [Fact]
    public async Task LoginWithSmsMfa_FactorIsOff_IsRefusedAndTheTicketStays()
    {
        var person = await (await Person.RegisterAsync(app)).WithTotpAsync();
        var ticket = await person.TicketAsync();

        using var response = await LogInAsync(ticket, "000000");
        await response.AssertProblemAsync(400, "SMS_MFA_NOT_ENABLED");

        using var totp = await person.TotpAsync(ticket, person.Code());
        await totp.JsonAsync(200);
    }

    [Fact]
    public async Task LoginWithSmsMfa_UnknownTicket_TimesOut()
    {
        using var response = await LogInAsync(new string('t', 64), "000000");

        await response.AssertFieldsAsync("code=SESSION_TIMEOUT");
    }

    [Fact]
    public async Task LoginWithSmsMfa_BadBody_IsRefused()
    {
        using var response = await app.Client.PostAsync("/v1/auth/login/mfa/sms", new { code = 1 });

        await response.AssertFieldsAsync("code=INVALID_FORMAT", "ticket=INVALID_FORMAT");
    }

    [Fact]
    public async Task LoginWithSmsMfa_OneCodeAndTicket200InParallel_OneSession()
    {
        var person = await Person.RegisterAsync(app);
        var phone = await person.WithSmsAsync();
        var ticket = await person.TicketAsync();
        using var sent = await SendAsync(ticket);
        var code = await app.QueuedCodeAsync(phone);

        var outcomes = await Race.RunAsync(200, _ => LogInAsync(ticket, code));

        Assert.Single(outcomes, "200");
        Assert.Equal(2, await person.SessionsAsync());
    }

    private Task<HttpResponseMessage> SendAsync(string ticket) => app.Client.PostAsync("/v1/auth/login/mfa/sms/send", new { ticket });

    private Task<HttpResponseMessage> LogInAsync(string ticket, string code) => app.Client.PostAsync("/v1/auth/login/mfa/sms", new { ticket, code });
}
