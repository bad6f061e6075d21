using IdentityAuth.Tests.Infrastructure;

namespace IdentityAuth.Tests.Features;

public sealed class SendSmsMfaCodeTests(FactorsApp app) : IClassFixture<FactorsApp>
{
    [Fact]
    public async Task SendSmsMfaCode_NoFactor_IsRefused()
    {
        var person = await (await Person.RegisterAsync(app)).WithTotpAsync();

        using var response = await SendAsync(await person.TicketAsync());

        await response.AssertProblemAsync(400, "SMS_MFA_NOT_ENABLED");
    }

    [Fact]
    public async Task SendSmsMfaCode_FactorWithoutPhone_IsRefused()
    {
        var person = await Person.RegisterAsync(app);
        var phone = await person.WithSmsAsync();
        var ticket = await person.TicketAsync();
        await app.ExecuteAsync("UPDATE users SET phone = NULL WHERE id = @Id", new { person.Id });

        using var response = await SendAsync(ticket);

        await response.AssertProblemAsync(400, "PHONE_REQUIRED_FOR_SMS_MFA");
        Assert.Empty(await app.App.MessagesAsync(phone));
    }

    [Fact]
    public async Task SendSmsMfaCode_UnknownTicketOrBadBody_IsRefused()
    {
        using var unknown = await SendAsync(new string('t', 64));
        using var missing = await app.Client.PostAsync("/v1/auth/login/mfa/sms/send", new { });

        await unknown.AssertFieldsAsync("ticket=SESSION_TIMEOUT");
        await missing.AssertFieldsAsync("ticket=INVALID_FORMAT");
    }

    [Fact]
    public async Task SendSmsMfaCode_TicketBurnt_TimesOut()
    {
        var person = await Person.RegisterAsync(app);
        await person.WithSmsAsync();
        var ticket = await person.TicketAsync();
        for (var i = 0; i < 5; i++)
        {
            using var wrong = await person.TotpAsync(ticket, "aaaa-aaaa");
        }

        using var response = await SendAsync(ticket);

        await response.AssertFieldsAsync("ticket=SESSION_TIMEOUT");
    }

    [Fact]
    public async Task SendSmsMfaCode_SixthTextIn15Minutes_IsLimited()
    {
        await using var limited = await FactorsApp.StartAsync(new Dictionary<string, string?>
        {
            ["IdentityAuth:RateLimits"] = "true",
            ["IdentityAuth:GlobalRequestsPerSecond"] = "100000",
        });
        var person = await Person.RegisterAsync(limited);
        var phone = await person.WithSmsAsync(); // one text
        limited.Clock.Advance(TimeSpan.FromMinutes(1));
        var ticket = await person.TicketAsync();
        for (var i = 0; i < 4; i++)
        {
            // The route's own bucket of five a minute is refilled in between.
            using var sent = await limited.Client.PostAsync("/v1/auth/login/mfa/sms/send", new { ticket });
            await sent.AssertNoContentAsync();
            limited.Clock.Advance(TimeSpan.FromSeconds(12));
        }

        using var refused = await limited.Client.PostAsync("/v1/auth/login/mfa/sms/send", new { ticket });

        await refused.AssertProblemAsync(429, "RATE_LIMITED");
        Assert.Equal(4, (await limited.App.MessagesAsync(phone)).Count);
    }

    private Task<HttpResponseMessage> SendAsync(string ticket) => app.Client.PostAsync("/v1/auth/login/mfa/sms/send", new { ticket });
}
