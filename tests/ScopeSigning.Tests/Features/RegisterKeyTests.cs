using ScopeSigning.Tests.Support;

namespace ScopeSigning.Tests.Features;

public sealed class RegisterKeyTests(ScopeSigningHost host)
{
    private const string WorkedToken =
        "eyJhbGciOiJFZERTQSIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMXFZQVlLeENyZlZTXzdUeVdRSE9nN2hjdlBhcGlNbHJ3SWFhUGNIVVJvIiwiZGV2dG9rZW4iOiJkZXYtMSJ9.f9Tt5Q2hjB2ghXZapo6TZ_hkreoCR42YSUfOzM19jVN3I72gcKm8ZrKe95nRvx7Vhi5G8tI7FNa3Al4XIb0wDg";

    private readonly Api api = new(host);

    [Fact]
    public async Task RegisterKey_WorkedToken_IsRegisteredOnceAndThenDuplicate()
    {
        // The key of RFC 8037 appendix A. The database is this run's own, so it can be registered.
        var first = await api.PostAsync("/key", WorkedToken);
        var second = await api.PostAsync("/key", WorkedToken);

        Assert.Equal(201, first.Status);
        Assert.Equal("registered", first.Text("status"));
        Assert.Equal(43, first.Text("secret").Length);
        Assert.Equal(2, first.Json.EnumerateObject().Count());
        Assert.Equal($"{ScopeSigningHost.BaseUrl}/key/{Identity.OfRfc8037.Sub}", first.Headers.Location!.ToString());
        Assert.Equal(409, second.Status);
        Assert.Equal("duplicate-key", second.Code);
        Assert.Equal("Key already registered", second.Text("title"));
        Assert.False(second.Json.TryGetProperty("secret", out _));
        Assert.Equal(1, await host.EventsAsync("SigningKeyRegistered", Identity.OfRfc8037.Sub));
    }

    [Fact]
    public async Task RegisterKey_WorkedTokenWithSPlusL_IsRefused()
    {
        var token = WorkedToken[..(WorkedToken.LastIndexOf('.') + 1)]
            + "f9Tt5Q2hjB2ghXZapo6TZ_hkreoCR42YSUfOzM19jVNk97L9igzPvog77zywuf3phi5G8tI7FNa3Al4XIb0wHg";

        var answer = await api.PostAsync("/key", token);

        Assert.Equal(401, answer.Status);
        Assert.Equal("auth-error", answer.Code);
        Assert.Equal("Authentiq", Assert.Single(answer.Headers.WwwAuthenticate).Scheme);
    }

    [Fact]
    public async Task RegisterKey_BareModel_IsRefusedAsUnsignedAndNothingIsStored()
    {
        var person = new Identity();

        foreach (var mediaType in new[] { "application/jwt", "application/json", "text/plain;charset=UTF-8", null })
        {
            var answer = await api.SendAsync(HttpMethod.Post, "/key", $$"""{"sub":"{{person.Sub}}","devtoken":"d"}""", mediaType);

            Assert.Equal(401, answer.Status);
            Assert.Contains("unsigned", answer.Text("detail"), StringComparison.Ordinal);
        }

        Assert.Equal(404, (await api.GetAsync($"/key/{person.Sub}")).Status);
    }

    [Fact]
    public async Task RegisterKey_RevokedKey_NeverComesBack()
    {
        var (person, secret) = await api.RegisterAsync();
        await api.DeleteAsync($"/key/{person.Sub}?secret={secret}");

        var answer = await api.PostAsync("/key", person.Token());

        Assert.Equal(410, answer.Status);
        Assert.Equal("revoked-key", answer.Code);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task RegisterKey_ItsTokenAtUpdateAfterwards_IsAReplay(bool timed)
    {
        var person = new Identity();
        var token = timed ? person.Token() : person.Sign("""{"alg":"EdDSA"}""", $$"""{"sub":"{{person.Sub}}"}""");
        await api.PostAsync("/key", token);

        var answer = await api.PostAsync($"/key/{person.Sub}", token);

        Assert.Equal(401, answer.Status);
        Assert.Equal("auth-error", answer.Code);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task RegisterKey_TwoHundredInParallel_ExactlyOneIsRegistered(bool sameToken)
    {
        var person = new Identity();
        var token = person.Token();

        await api.WarmUpAsync();
        var answers = await Task.WhenAll(Enumerable.Range(0, 200).Select(_ => api.PostAsync("/key", sameToken ? token : person.Token())));

        Assert.Single(answers, answer => answer.Status == 201);
        Assert.Equal(199, answers.Count(answer => answer.Status == 409 && answer.Code == "duplicate-key"));
        Assert.Equal(1, await host.EventsAsync("SigningKeyRegistered", person.Sub));
    }

    [Fact]
    public async Task RegisterKey_AllOptionalClaims_AreTaken()
    {
        var person = new Identity();

        var answer = await api.PostAsync("/key", person.Token(new
        {
            devtoken = "aZ09_-:.%=+/~",
            pk = new Identity().Sub,
            iss = person.Sub,
            aud = ScopeSigningHost.Issuer,
            nbf = DateTimeOffset.UtcNow.ToUnixTimeSeconds(),
            unknown = new { a = 1 },
        }));

        Assert.Equal(201, answer.Status);
    }

    [Fact]
    public async Task RegisterKey_DeviceToken_IsNotStoredInClear()
    {
        var (person, _) = await api.RegisterAsync("a-device-token-in-clear");

        Assert.Equal(0, await host.CountAsync(
            "SELECT count(*) FROM keys WHERE sub = @sub AND position('a-device-token'::bytea IN devtoken) > 0", new { sub = person.Sub }));
    }
}
