using Microsoft.Extensions.DependencyInjection;
using ScopeSigning.Data;
using ScopeSigning.Domain;
using ScopeSigning.Tests.Support;

namespace ScopeSigning.Tests.Features;

public sealed class CompleteScopeTests(ScopeSigningHost host)
{
    private readonly Api api = new(host);

    [Fact]
    public async Task CompleteScope_UnknownJob_IsToldBeforeTheBodyIsRead()
    {
        Assert.Equal("unknown-job", (await api.SendAsync(HttpMethod.Put, "/scope/AAAAAAAAAAAAAAAAAAAA", (string?)null)).Code);
        Assert.Equal("unknown-job", (await api.SendAsync(HttpMethod.Put, "/scope/x", "<x/>", "application/xml")).Code);
    }

    [Fact]
    public async Task CompleteScope_WaitingJob_AsksToConfirmFirst()
    {
        var (person, _) = await api.RegisterAsync();
        var (job, _) = await api.RequestPhoneAsync(person, Api.NewPhone());

        Assert.Equal("confirm-first", (await api.SendAsync(HttpMethod.Put, $"/scope/{job}", (string?)null)).Code);
    }

    [Fact]
    public async Task CompleteScope_Confirmed_BodyRulesComeNext()
    {
        var (_, job, _) = await ConfirmedAsync();

        Assert.Equal("bad-request", (await api.SendAsync(HttpMethod.Put, $"/scope/{job}", "", "application/jwt")).Code);
        Assert.Equal("bad-media-type", (await api.SendAsync(HttpMethod.Put, $"/scope/{job}", "<x/>", "application/xml")).Code);
        Assert.Equal("auth-error", (await api.SendAsync(HttpMethod.Put, $"/scope/{job}", "{\"sub\":\"x\"}", "application/json")).Code);
    }

    [Fact]
    public async Task CompleteScope_TokensThatVouchForSomethingElse_AreRefused()
    {
        var (person, job, address) = await ConfirmedAsync();
        var authority = host.Authority;
        var now = DateTimeOffset.UtcNow.ToUnixTimeSeconds();
        var claims = new { scope = "address", address };
        var attempts = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["self-signed"] = person.Token(claims),
            ["self-signed with the authority's name"] = person.Token(new { iss = authority.Issuer, scope = "address", address }, $$"""{"alg":"EdDSA","kid":"{{authority.KeyId}}"}"""),
            ["about another person"] = authority.Token(new Identity().Sub, claims),
            ["another scope"] = authority.Token(person.Sub, new { scope = "email", email = "a@b.example", address }),
            ["another address"] = authority.Token(person.Sub, new { scope = "address", address = new { street_address = "Elsewhere 1", locality = "T", postal_code = "1", country = "NL" } }),
            ["no address"] = authority.Token(person.Sub, new { scope = "address" }),
            ["another issuer"] = authority.Token(person.Sub, new { iss = "https://elsewhere.example", scope = "address", address }),
            ["another authority's issuer"] = authority.Token(person.Sub, new { iss = host.SecondAuthority.Issuer, scope = "address", address }),
            ["our issuer"] = authority.Token(person.Sub, new { iss = ScopeSigningHost.Issuer, scope = "address", address }),
            ["unknown kid"] = authority.Token(person.Sub, claims, kid: "other"),
            ["test authority"] = host.TestAuthority.Token(person.Sub, claims),
            ["no iat"] = authority.Token(person.Sub, new { iat = (long?)null, scope = "address", address }),
            ["no exp"] = authority.Token(person.Sub, new { exp = (long?)null, scope = "address", address }),
            ["no jti"] = authority.Token(person.Sub, new { jti = (string?)null, scope = "address", address }),
            ["expired"] = authority.Token(person.Sub, new { iat = now - 500, exp = now - 300, scope = "address", address }),
            ["more than two years"] = authority.Token(person.Sub, new { exp = now + (731 * 86_400), scope = "address", address }),
            ["wrong type"] = authority.Token(person.Sub, claims, "at+jwt"),
        };

        foreach (var (name, token) in attempts)
        {
            var answer = await api.PutAsync($"/scope/{job}", token);
            Assert.True(answer.Status == 401 && answer.Code == "auth-error", $"{name}: {answer.Status}");
        }

        Assert.Equal("bad-request", (await api.PutAsync($"/scope/{job}", authority.Token(person.Sub, new { iat = "x", scope = "address", address }))).Code);
        Assert.Equal(204, (await api.GetAsync($"/scope/{job}")).Status);
    }

    [Fact]
    public async Task CompleteScope_AuthoritysToken_MakesTheJobReadyOnce()
    {
        var (person, job, address) = await ConfirmedAsync();
        var token = host.Authority.Token(person.Sub, new { scope = "address", address }, "JWT");

        var first = await api.PutAsync($"/scope/{job}", token);
        var same = await api.SendAsync(HttpMethod.Put, $"/scope/{job}", token, accept: "application/jwt");
        var other = await api.PutAsync($"/scope/{job}", host.Authority.Token(person.Sub, new { scope = "address", address }));
        var own = await api.PutAsync($"/scope/{job}", person.Token(new { scope = "address", address }));

        Assert.Equal(200, first.Status);
        Assert.Equal("ready", first.Text("status"));
        Assert.Equal(token, first.Text("jwt"));
        Assert.Equal(200, same.Status);
        Assert.Equal(token, same.Body);
        Assert.Equal("already-signed", other.Code);
        Assert.Equal("auth-error", own.Code);
        Assert.Equal(token, await api.WaitForTokenAsync(job));
        Assert.Equal("address", (await api.GetAsync($"/scope/{job}")).Text("field"));
        Assert.Equal(1, await host.EventsAsync("ScopeSigned", person.Sub));
    }

    [Fact]
    public async Task CompleteScope_AddressInAnotherCase_IsTheSameValue()
    {
        var (person, job, address) = await ConfirmedAsync();

        var answer = await api.PutAsync($"/scope/{job}", host.Authority.Token(
            person.Sub, new { scope = "address", address = new { address.country, address.postal_code, locality = "TOWN", street_address = address.street_address.ToUpperInvariant() } }));

        Assert.Equal(200, answer.Status);
    }

    [Fact]
    public async Task CompleteScope_TwoAuthoritiesTwoHundredTokensInParallel_OneWins()
    {
        var (person, job, address) = await ConfirmedAsync();
        var tokens = Enumerable.Range(0, 200)
            .Select(i => (i % 2 == 0 ? host.Authority : host.SecondAuthority).Token(person.Sub, new { scope = "address", address }))
            .ToList();

        await api.WarmUpAsync();
        var answers = await Task.WhenAll(tokens.Select(token => api.PutAsync($"/scope/{job}", token)));

        var winner = Assert.Single(answers, answer => answer.Status == 200);
        Assert.Equal(199, answers.Count(answer => answer.Status == 409 && answer.Code == "already-signed"));
        Assert.Equal(winner.Text("jwt"), await api.WaitForTokenAsync(job));
        Assert.Equal(1, await host.EventsAsync("ScopeSigned", person.Sub));
    }

    [Fact]
    public async Task CompleteScope_BothReadTheJobBeforeEitherWrote_TheSecondIsTooLate()
    {
        // The race in slow motion: what both requests read is the same, and only the database can tell who was first.
        var (person, job, _) = await ConfirmedAsync();
        var jobs = host.Services.GetRequiredService<JobStore>();
        Assert.True(JobId.TryParse(job, out var id));
        var row = await jobs.FindAsync(id, TestContext.Current.CancellationToken);
        var expires = DateTimeOffset.UtcNow.ToUnixTimeSeconds();

        var first = await jobs.CompleteAsync(row!, new SignedScope("first", "a", expires, ProvesValue: false), TimeSpan.FromHours(1), TestContext.Current.CancellationToken);
        var second = await jobs.CompleteAsync(row!, new SignedScope("second", "b", expires, ProvesValue: false), TimeSpan.FromHours(1), TestContext.Current.CancellationToken);

        Assert.True(first);
        Assert.False(second);
        Assert.Equal("first", await api.WaitForTokenAsync(job));
        Assert.Equal(1, await host.EventsAsync("ScopeSigned", person.Sub));
    }

    [Fact]
    public async Task CompleteScope_AuthorityAgainstTheBuiltInIssuer_OneTokenStays()
    {
        var (person, _) = await api.RegisterAsync();
        var email = Api.NewEmail();
        var (job, mail) = await api.RequestEmailAsync(person, email);
        var token = host.Authority.Token(person.Sub, new { scope = "email", email });

        await api.ConfirmAsync(job, new { code = mail.Code });
        var answer = await api.PutAsync($"/scope/{job}", token);
        var kept = await api.WaitForTokenAsync(job);

        Assert.Equal(answer.Status == 200, kept == token);
        Assert.True(answer.Status is 200 or 409);
        Assert.Equal(1, await host.EventsAsync("ScopeSigned", person.Sub));
    }

    private async Task<(Identity Person, string Job, Address Address)> ConfirmedAsync()
    {
        var (person, _) = await api.RegisterAsync();
        var address = new Address($"Street {Guid.NewGuid():N}", "Town", "1000", "NL");
        var job = (await api.PostAsync("/scope", person.Token(new { scope = "address", address }))).Text("job");
        var letter = await Eventually.AsyncNotNull(() => Task.FromResult(host.Sinks.Find(message => message.To.Contains(address.street_address, StringComparison.Ordinal))), "the letter");
        Assert.Equal(202, (await api.ConfirmAsync(job, new { code = letter.Code })).Status);
        return (person, job, address);
    }

#pragma warning disable IDE1006, SA1300 // The names are the claims' own.
    private sealed record Address(string street_address, string locality, string postal_code, string country);
#pragma warning restore IDE1006, SA1300
}
