using ScopeSigning.Tests.Support;

namespace ScopeSigning.Tests.Features;

public sealed class UpdateKeyTests(ScopeSigningHost host)
{
    private readonly Api api = new(host);

    [Fact]
    public async Task UpdateKey_UnknownKey_IsUnknownAndTheTokenStaysUsable()
    {
        var person = new Identity();
        var token = person.Token();

        Assert.Equal("unknown-key", (await api.PostAsync($"/key/{person.Sub}", token)).Code);
        Assert.Equal(201, (await api.PostAsync("/key", token)).Status);
    }

    [Theory]
    [InlineData("short")]
    [InlineData("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURp")]
    [InlineData("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHUR!")]
    public async Task UpdateKey_MalformedKey_IsUnknown(string key)
    {
        var answer = await api.PostAsync($"/key/{key}", new Identity().Token());

        Assert.Equal(404, answer.Status);
        Assert.Equal("unknown-key", answer.Code);
    }

    [Fact]
    public async Task UpdateKey_TokenOfAnotherKey_IsRefused()
    {
        var (person, _) = await api.RegisterAsync();
        var (other, _) = await api.RegisterAsync();

        Assert.Equal("auth-error", (await api.PostAsync($"/key/{person.Sub}", other.Token())).Code);
    }

    [Fact]
    public async Task UpdateKey_RevokedKey_IsGone()
    {
        var (person, secret) = await api.RegisterAsync();
        await api.DeleteAsync($"/key/{person.Sub}?secret={secret}");

        Assert.Equal("revoked-key", (await api.PostAsync($"/key/{person.Sub}", person.Token())).Code);
    }

    [Fact]
    public async Task UpdateKey_NothingToChange_IsConfirmed()
    {
        var (person, _) = await api.RegisterAsync();

        var answer = await api.PostAsync($"/key/{person.Sub}", person.Token());

        Assert.Equal(200, answer.Status);
        Assert.Equal("confirmed", answer.Text("status"));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task UpdateKey_SameTokenTwoHundredTimesInParallel_IsTakenOnce(bool timed)
    {
        var (person, _) = await api.RegisterAsync();
        var token = timed ? person.Token() : person.Sign("""{"alg":"EdDSA"}""", $$"""{"sub":"{{person.Sub}}","devtoken":"d"}""");

        await api.WarmUpAsync();
        var answers = await Task.WhenAll(Enumerable.Range(0, 200).Select(_ => api.PostAsync($"/key/{person.Sub}", token)));

        Assert.Single(answers, answer => answer.Status == 200);
        Assert.Equal(199, answers.Count(answer => answer.Status == 401));
    }

    [Fact]
    public async Task UpdateKey_OlderIssueTimeThanAcceptedBefore_IsStale()
    {
        var (person, _) = await api.RegisterAsync();
        var now = DateTimeOffset.UtcNow;

        Assert.Equal(200, (await api.PostAsync($"/key/{person.Sub}", person.Token(new { devtoken = "new" }, now: now))).Status);
        Assert.Equal(200, (await api.PostAsync($"/key/{person.Sub}", person.Token(new { devtoken = "same second" .Replace(' ', '-') }, now: now))).Status);
        Assert.Equal("auth-error", (await api.PostAsync($"/key/{person.Sub}", person.Token(new { devtoken = "old" }, now: now.AddSeconds(-1)))).Code);
    }

    [Theory]
    [InlineData("\"x\"")]
    [InlineData("[]")]
    [InlineData("[1]")]
    [InlineData("[\"a\",\"a\",\"a\",\"a\",\"a\",\"a\",\"a\",\"a\",\"a\",\"a\",\"a\"]")]
    public async Task UpdateKey_MalformedScopes_IsBadRequest(string scopes)
    {
        var (person, _) = await api.RegisterAsync();

        var answer = await api.PostAsync($"/key/{person.Sub}", person.Sign("""{"alg":"EdDSA"}""", $$"""{"sub":"{{person.Sub}}","scopes":{{scopes}}}"""));

        Assert.Equal("bad-request", answer.Code);
    }

    [Fact]
    public async Task UpdateKey_OneBadScope_ChangesNothingAndTheTokenIsSpent()
    {
        var (person, _) = await api.RegisterAsync();
        var good = await api.SignedEmailAsync(person, Api.NewEmail());
        var token = person.Token(new { devtoken = "not-to-be-stored", scopes = new[] { good, person.Token() } });

        Assert.Equal("auth-error", (await api.PostAsync($"/key/{person.Sub}", token)).Code);
        Assert.Equal(1, await host.CountAsync("SELECT count(*) FROM keys WHERE sub = @sub AND devtoken IS NULL AND email_hmac IS NULL", new { sub = person.Sub }));
        Assert.Equal("auth-error", (await api.PostAsync($"/key/{person.Sub}", token)).Code);
    }

    [Fact]
    public async Task UpdateKey_ScopeOfAnotherKey_IsRefused()
    {
        var (person, _) = await api.RegisterAsync();
        var (other, _) = await api.RegisterAsync();
        var scope = await api.SignedEmailAsync(other, Api.NewEmail());

        Assert.Equal("auth-error", (await api.PostAsync($"/key/{person.Sub}", person.Token(new { scopes = new[] { scope } }))).Code);
    }

    [Fact]
    public async Task UpdateKey_ScopeOfTheTestIssuer_IsRefused()
    {
        var (person, _) = await api.RegisterAsync();
        var email = Api.NewEmail();
        var job = (await api.PostAsync("/scope?test=1", person.Token(new { scope = "email", email }))).Text("job");
        await api.ConfirmAsync(job, new { code = (await host.Sinks.WaitForAsync(email)).Code });
        var scope = await api.WaitForTokenAsync(job);

        Assert.Equal("auth-error", (await api.PostAsync($"/key/{person.Sub}", person.Token(new { scopes = new[] { scope } }))).Code);
    }

    [Fact]
    public async Task UpdateKey_EmailNowAndPhoneLater_BindsThePair()
    {
        var (person, _) = await api.RegisterAsync();
        var (email, phone) = (Api.NewEmail(), Api.NewPhone());
        var emailScope = await api.SignedEmailAsync(person, email);
        var phoneScope = await api.SignedPhoneAsync(person, phone);

        Assert.Equal(200, (await api.PostAsync($"/key/{person.Sub}", person.Token(new { scopes = new[] { emailScope } }))).Status);
        Assert.Equal("unknown-key", (await api.DeleteAsync($"/key?email={email}&phone={phone}")).Code);
        Assert.Equal(200, (await api.PostAsync($"/key/{person.Sub}", person.Token(new { scopes = new[] { phoneScope } }))).Status);

        Assert.Equal("pending", (await api.DeleteAsync($"/key?email={email}&phone={phone}")).Text("status"));
    }

    [Fact]
    public async Task UpdateKey_PairOfAnotherLiveKey_IsDuplicateAndChangesNothing()
    {
        var (email, phone) = (Api.NewEmail(), Api.NewPhone());
        var (first, _) = await api.RegisterAsync();
        var (second, _) = await api.RegisterAsync();
        foreach (var (person, expected) in new[] { (first, 200), (second, 409) })
        {
            var scopes = new[] { await api.SignedEmailAsync(person, email), await api.SignedPhoneAsync(person, phone) };
            var answer = await api.PostAsync($"/key/{person.Sub}", person.Token(new { devtoken = "d", scopes }));
            Assert.Equal(expected, answer.Status);
        }

        Assert.Equal(1, await host.CountAsync("SELECT count(*) FROM keys WHERE sub = @sub AND devtoken IS NULL AND email_hmac IS NULL", new { sub = second.Sub }));
    }
}
