using ScopeSigning.Tests.Support;

namespace ScopeSigning.Tests.Features;

public sealed class RevokeKeyByCodeTests(ScopeSigningHost host)
{
    private readonly Api api = new(host);

    [Theory]
    [InlineData("")]
    [InlineData("?email=a@b.example")]
    [InlineData("?phone=%2B31612345678")]
    [InlineData("?email=&phone=%2B31612345678")]
    [InlineData("?email=a@b.example&phone=0612345678")]
    [InlineData("?email=a@b.example&phone=%2B31612345678&phone=%2B31612345678")]
    [InlineData("?email=a@b&phone=%2B31612345678")]
    [InlineData("?email=a@b.example&phone=%2B31612345678&code=1&code=2")]
    [InlineData("?email=%FF@b.example&phone=%2B31612345678")]
    public async Task RevokeKeyByCode_MissingRepeatedOrMalformed_IsBadRequest(string query)
        => Assert.Equal("bad-request", (await api.DeleteAsync($"/key{query}")).Code);

    [Fact]
    public async Task RevokeKeyByCode_UnboundPair_IsUnknown()
        => Assert.Equal("unknown-key", (await api.DeleteAsync($"/key?email={Api.NewEmail()}&phone={Api.NewPhone()}")).Code);

    [Fact]
    public async Task RevokeKeyByCode_WholeWay_RevokesOnce()
    {
        var (person, email, phone) = await BoundAsync();
        var query = $"/key?email={Uri.EscapeDataString(email.ToUpperInvariant())}&phone={Uri.EscapeDataString(phone)}";

        Assert.Equal("auth-error", (await api.DeleteAsync($"{query}&code=12345678")).Code);
        var opened = await api.DeleteAsync(query);
        Assert.Equal(200, opened.Status);
        Assert.Equal("pending", opened.Text("status"));
        var mail = await MailAsync(email);
        Assert.Equal(8, mail.Code.Length);
        Assert.Contains("X-Scope-Signing-Kind: key-revoke", mail.Text, StringComparison.Ordinal);
        Assert.Equal("confirm-first", (await api.DeleteAsync(query)).Code);

        var done = await api.DeleteAsync($"{query}&code={mail.Code}");

        Assert.Equal("done", done.Text("status"));
        Assert.Equal("unknown-key", (await api.DeleteAsync($"{query}&code={mail.Code}")).Code);
        Assert.Equal(410, (await api.HeadAsync($"/key/{person.Sub}")).Status);
        Assert.Equal(1, await host.EventsAsync("SigningKeyRevoked", person.Sub));
    }

    [Fact]
    public async Task RevokeKeyByCode_FiveWrongCodesInParallel_CloseIt()
    {
        var (person, email, phone) = await BoundAsync();
        var query = $"/key?email={email}&phone={phone}";
        await api.DeleteAsync(query);
        var mail = await MailAsync(email);

        // Fewer than the caller's limit of 20 an hour, from many callers.
        await api.WarmUpAsync();
        var wrong = await Task.WhenAll(Enumerable.Range(0, 200).Select(i => new Api(host).DeleteAsync($"{query}&code=wrong-{i}")));

        Assert.All(wrong, answer => Assert.Equal(401, answer.Status));
        Assert.Equal("auth-error", (await api.DeleteAsync($"{query}&code={mail.Code}")).Code);
        Assert.Equal(200, (await api.HeadAsync($"/key/{person.Sub}")).Status);
    }

    [Fact]
    public async Task RevokeKeyByCode_AfterHalfAnHour_TheCodeIsDeadAndAnotherCanBeAsked()
    {
        var (_, email, phone) = await BoundAsync();
        var query = $"/key?email={email}&phone={phone}";
        await api.DeleteAsync(query);
        var mail = await MailAsync(email);

        Assert.Equal("confirm-first", (await api.DeleteAsync(query, shift: 1795)).Code);
        Assert.Equal("auth-error", (await api.DeleteAsync($"{query}&code={mail.Code}", shift: 1801)).Code);
        Assert.Equal("pending", (await api.DeleteAsync(query, shift: 1801)).Text("status"));
    }

    [Fact]
    public async Task RevokeKeyByCode_FourthOpeningInADay_IsTooMuch()
    {
        var (_, email, phone) = await BoundAsync();
        var query = $"/key?email={email}&phone={phone}";
        for (var i = 0; i < 3; i++)
        {
            Assert.Equal("pending", (await api.DeleteAsync(query, shift: i * 1801)).Text("status"));
        }

        Assert.Equal("rate-limit", (await api.DeleteAsync(query, shift: 3 * 1801)).Code);
        Assert.Equal("pending", (await api.DeleteAsync(query, shift: 86_401)).Text("status"));
    }

    [Fact]
    public async Task RevokeKeyByCode_TwentyFirstRequestOfACallerInAnHour_IsTooMuch()
    {
        var curious = new Api(host);
        for (var i = 0; i < 20; i++)
        {
            Assert.Equal(404, (await curious.DeleteAsync($"/key?email={Api.NewEmail()}&phone={Api.NewPhone()}")).Status);
        }

        Assert.Equal("rate-limit", (await curious.DeleteAsync($"/key?email={Api.NewEmail()}&phone={Api.NewPhone()}")).Code);
    }

    [Fact]
    public async Task RevokeKeyByCode_TwoHundredOpeningsInParallel_SendOneMail()
    {
        var (_, email, phone) = await BoundAsync();

        await api.WarmUpAsync();
        var answers = await Task.WhenAll(Enumerable.Range(0, 200).Select(_ => new Api(host).DeleteAsync($"/key?email={email}&phone={phone}")));

        Assert.Single(answers, answer => answer.Status == 200);
        Assert.All(answers, answer => Assert.True(answer.Status is 200 or 409 or 429));
        await MailAsync(email);
        Assert.Single(host.Sinks.For(email), mail => mail.Text.Contains("key-revoke", StringComparison.Ordinal));
    }

    private async Task<Received> MailAsync(string email)
        => await Eventually.AsyncNotNull(
            () => Task.FromResult(host.Sinks.Find(mail => mail.To.Equals(email, StringComparison.OrdinalIgnoreCase) && mail.Text.Contains("key-revoke", StringComparison.Ordinal))), "the mail with the code");

    private async Task<(Identity Person, string Email, string Phone)> BoundAsync()
    {
        var (person, _) = await api.RegisterAsync();
        var (email, phone) = (Api.NewEmail(), Api.NewPhone());
        var scopes = new[] { await api.SignedEmailAsync(person, email), await api.SignedPhoneAsync(person, phone) };
        Assert.Equal(200, (await api.PostAsync($"/key/{person.Sub}", person.Token(new { scopes }))).Status);
        return (person, email, phone);
    }
}
