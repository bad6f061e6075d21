using ScopeSigning.Tests.Support;

namespace ScopeSigning.Tests.Features;

public sealed class RevokeKeyTests(ScopeSigningHost host)
{
    private readonly Api api = new(host);

    [Theory]
    [InlineData("")]
    [InlineData("?secret=")]
    [InlineData("?secret=a&secret=b")]
    [InlineData("?Secret=a")]
    public async Task RevokeKey_SecretMissingEmptyOrRepeated_IsBadRequest(string query)
    {
        var (person, _) = await api.RegisterAsync();

        Assert.Equal("bad-request", (await api.DeleteAsync($"/key/{person.Sub}{query}")).Code);
    }

    [Fact]
    public async Task RevokeKey_UnknownKey_IsUnknown()
        => Assert.Equal("unknown-key", (await api.DeleteAsync($"/key/{new Identity().Sub}?secret=x")).Code);

    [Fact]
    public async Task RevokeKey_WrongSecret_IsRefusedAndTheKeyLives()
    {
        var (person, _) = await api.RegisterAsync();

        Assert.Equal("auth-error", (await api.DeleteAsync($"/key/{person.Sub}?secret={new string('A', 43)}")).Code);
        Assert.Equal(200, (await api.HeadAsync($"/key/{person.Sub}")).Status);
    }

    [Fact]
    public async Task RevokeKey_RightSecret_RevokesAndErasesEverything()
    {
        var (person, secret) = await api.RegisterAsync("device");
        var (job, _) = await api.RequestEmailAsync(person, Api.NewEmail());
        await api.SignedPhoneAsync(person, Api.NewPhone());

        var first = await api.DeleteAsync($"/key/{person.Sub}?secret={secret}");
        var second = await api.DeleteAsync($"/key/{person.Sub}?secret={secret}");
        var wrong = await api.DeleteAsync($"/key/{person.Sub}?secret=wrong");

        Assert.Equal("done", first.Text("status"));
        Assert.Equal("done", second.Text("status"));
        Assert.Equal("auth-error", wrong.Code);
        Assert.Equal("unknown-job", (await api.GetAsync($"/scope/{job}")).Code);
        foreach (var table in new[] { "jobs", "deliveries", "nonces", "verified_values", "revocations" })
        {
            Assert.Equal(0, await host.CountAsync($"SELECT count(*) FROM {table} WHERE sub = @sub", new { sub = person.Sub }));
        }

        Assert.Equal(1, await host.EventsAsync("SigningKeyRevoked", person.Sub));
    }

    [Fact]
    public async Task RevokeKey_TenWrongSecrets_LocksTheKeyForRightOnesToo()
    {
        var (person, secret) = await api.RegisterAsync();

        await api.WarmUpAsync();
        var wrong = await Task.WhenAll(Enumerable.Range(0, 200).Select(i => api.DeleteAsync($"/key/{person.Sub}?secret=wrong-{i}")));
        var right = await api.DeleteAsync($"/key/{person.Sub}?secret={secret}");
        var later = await api.DeleteAsync($"/key/{person.Sub}?secret={secret}", shift: 3601);

        Assert.Equal(10, wrong.Count(answer => answer.Status == 401));
        Assert.Equal(190, wrong.Count(answer => answer.Status == 429));
        Assert.Equal("rate-limit", right.Code);
        Assert.InRange(right.Headers.RetryAfter!.Delta!.Value.TotalSeconds, 3500, 3600);
        Assert.Equal(200, later.Status);
    }
}
