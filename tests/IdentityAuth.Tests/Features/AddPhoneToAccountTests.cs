using IdentityAuth.Tests.Infrastructure;

namespace IdentityAuth.Tests.Features;

public sealed class AddPhoneToAccountTests(FactorsApp app) : IClassFixture<FactorsApp>
{
    private const string Path = "/v1/users/@me/phone";

    [Fact]
    public async Task AddPhoneToAccount_ConfirmedNumber_IsSetAndSettlesWhatWasAsked()
    {
        var person = await Person.RegisterAsync(app);
        var token = await TokenAsync(person, "+4930444");
        await app.App.ChangeUserAsync(person.UserId, "suspicious_activity = 4 + 16 + 1");

        using var response = await person.PostAsync(Path, person.Sudo(new { phone_token = token }));

        await response.AssertNoContentAsync();
        Assert.Equal(1, await app.CountAsync("SELECT suspicious_activity FROM users WHERE id = @Id AND phone = '+4930444'", new { person.Id }));
        Assert.Contains("phone", (await app.App.EventBodiesAsync("UserUpdated", person.UserId))[^1].GetRawText(), StringComparison.Ordinal);
        Assert.DoesNotContain("+4930444", (await app.App.EventBodiesAsync("UserUpdated", person.UserId))[^1].GetRawText(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task AddPhoneToAccount_TokenUsedForeignOrUnknown_IsRefused()
    {
        var (person, other) = (await Person.RegisterAsync(app), await Person.RegisterAsync(app));
        var token = await TokenAsync(person, "+4930445");

        using var foreign = await other.PostAsync(Path, other.Sudo(new { phone_token = token }));
        using var unknown = await person.PostAsync(Path, person.Sudo(new { phone_token = "x" }));
        using var first = await person.PostAsync(Path, person.Sudo(new { phone_token = token }));
        using var again = await person.PostAsync(Path, person.Sudo(new { phone_token = token }));

        await foreign.AssertProblemAsync(400, "PHONE_VERIFICATION_REQUIRED");
        await unknown.AssertProblemAsync(400, "PHONE_VERIFICATION_REQUIRED");
        await first.AssertNoContentAsync();
        await again.AssertProblemAsync(400, "PHONE_VERIFICATION_REQUIRED");
    }

    [Fact]
    public async Task AddPhoneToAccount_WithoutProof_IsRefusedAndTheTokenStays()
    {
        var person = await Person.RegisterAsync(app);
        var token = await TokenAsync(person, "+4930446");

        using var refused = await person.PostAsync(Path, new { phone_token = token });
        using var accepted = await person.PostAsync(Path, person.Sudo(new { phone_token = token }));

        await refused.AssertProblemAsync(403, "SUDO_MODE_REQUIRED");
        await accepted.AssertNoContentAsync();
    }

    [Fact]
    public async Task AddPhoneToAccount_OneNumber20AccountsInParallel_OneHasIt()
    {
        var people = new List<(Person Person, string Token)>();
        for (var i = 0; i < 20; i++)
        {
            var person = await Person.RegisterAsync(app);
            people.Add((person, await app.Get<IdentityAuth.Data.PhoneTokens>().IssueAsync(person.Id, "+4930447")));
        }

        var outcomes = await Race.RunAsync(20, i => people[i].Person.PostAsync(Path, people[i].Person.Sudo(new { phone_token = people[i].Token })));

        Assert.Single(outcomes, "204");
        Assert.Equal(19, outcomes.Count(outcome => outcome == "PHONE_ALREADY_USED"));
    }

    [Fact]
    public async Task AddPhoneToAccount_BadBody_IsRefused()
    {
        using var response = await (await Person.RegisterAsync(app)).PostAsync(Path, "");

        await response.AssertFieldsAsync("phone_token=INVALID_FORMAT");
    }

    private async Task<string> TokenAsync(Person person, string phone)
    {
        using var sent = await person.PostAsync("/v1/users/@me/phone/send-verification", new { phone });
        await sent.AssertNoContentAsync();
        using var verified = await person.PostAsync("/v1/users/@me/phone/verify", new { phone, code = await app.Sms.CodeAsync(phone) });
        return (await verified.JsonAsync(200)).Text("phone_token");
    }
}
