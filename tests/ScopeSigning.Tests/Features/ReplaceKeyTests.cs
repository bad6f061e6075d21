using ScopeSigning.Tests.Support;

namespace ScopeSigning.Tests.Features;

public sealed class ReplaceKeyTests(ScopeSigningHost host)
{
    private readonly Api api = new(host);

    [Fact]
    public async Task ReplaceKey_OneOfThePairAlone_IsBadRequest()
    {
        var (person, _) = await api.RegisterAsync();

        Assert.Equal("bad-request", (await api.PutAsync($"/key/{person.Sub}", person.Token(new { email = Api.NewEmail() }))).Code);
        Assert.Equal("bad-request", (await api.PutAsync($"/key/{person.Sub}", person.Token(new { phone = Api.NewPhone() }))).Code);
    }

    [Fact]
    public async Task ReplaceKey_PairNotVerified_AsksToConfirmFirstAndChangesNothing()
    {
        var (person, _) = await api.RegisterAsync("device");
        var (email, phone) = (Api.NewEmail(), Api.NewPhone());
        await api.SignedEmailAsync(person, email);

        var answer = await api.PutAsync($"/key/{person.Sub}", person.Token(new { email, phone }));

        Assert.Equal("confirm-first", answer.Code);
        Assert.Equal(1, await host.CountAsync("SELECT count(*) FROM keys WHERE sub = @sub AND devtoken IS NOT NULL", new { sub = person.Sub }));
    }

    [Fact]
    public async Task ReplaceKey_PairVerifiedByTestJobs_AsksToConfirmFirst()
    {
        var (person, _) = await api.RegisterAsync();
        var (email, phone) = (Api.NewEmail(), Api.NewPhone());
        foreach (var claims in new object[] { new { scope = "email", email }, new { scope = "phone", phone } })
        {
            var job = (await api.PostAsync("/scope?test=1", person.Token(claims))).Text("job");
            await api.ConfirmAsync(job, new { code = (await host.Sinks.WaitForAsync(claims.ToString()!.Contains(email, StringComparison.Ordinal) ? email : phone)).Code });
            await api.WaitForTokenAsync(job);
        }

        Assert.Equal("confirm-first", (await api.PutAsync($"/key/{person.Sub}", person.Token(new { email, phone }))).Code);
    }

    [Fact]
    public async Task ReplaceKey_VerifiedPair_IsBoundAndStaysWhenNotNamedAgain()
    {
        var (person, _) = await api.RegisterAsync("device");
        var (email, phone) = (Api.NewEmail(), Api.NewPhone());
        await api.SignedEmailAsync(person, email);
        await api.SignedPhoneAsync(person, phone);

        Assert.Equal("confirmed", (await api.PutAsync($"/key/{person.Sub}", person.Token(new { email = email.ToUpperInvariant(), phone }))).Text("status"));
        Assert.Equal(1, await host.CountAsync("SELECT count(*) FROM keys WHERE sub = @sub AND devtoken IS NULL", new { sub = person.Sub }));
        Assert.Equal(200, (await api.PutAsync($"/key/{person.Sub}", person.Token(new { devtoken = "d2" }))).Status);

        Assert.Equal("pending", (await api.DeleteAsync($"/key?email={email}&phone={phone}")).Text("status"));
    }

    [Fact]
    public async Task ReplaceKey_PairOfAnotherLiveKey_IsDuplicate()
    {
        var (email, phone) = (Api.NewEmail(), Api.NewPhone());
        var codes = new List<int>();
        for (var i = 0; i < 2; i++)
        {
            var (person, _) = await api.RegisterAsync();
            await api.SignedEmailAsync(person, email);
            await api.SignedPhoneAsync(person, phone);
            codes.Add((await api.PutAsync($"/key/{person.Sub}", person.Token(new { email, phone }))).Status);
        }

        Assert.Equal([200, 409], codes);
    }

    [Fact]
    public async Task ReplaceKey_UnknownRevokedStaleOrForeign_IsRefusedAsAtUpdate()
    {
        var stranger = new Identity();
        Assert.Equal("unknown-key", (await api.PutAsync($"/key/{stranger.Sub}", stranger.Token())).Code);
        Assert.Equal("unknown-key", (await api.PutAsync("/key/x", stranger.Token())).Code);

        var (person, secret) = await api.RegisterAsync();
        Assert.Equal("auth-error", (await api.PutAsync($"/key/{person.Sub}", stranger.Token())).Code);
        var now = DateTimeOffset.UtcNow;
        Assert.Equal(200, (await api.PutAsync($"/key/{person.Sub}", person.Token(now: now))).Status);
        Assert.Equal("auth-error", (await api.PutAsync($"/key/{person.Sub}", person.Token(now: now.AddSeconds(-1)))).Code);
        await api.DeleteAsync($"/key/{person.Sub}?secret={secret}");
        Assert.Equal("revoked-key", (await api.PutAsync($"/key/{person.Sub}", person.Token())).Code);
    }
}
