using ScopeSigning.Tests.Support;

namespace ScopeSigning.Tests.Http;

public sealed class ApiConventionTests(ScopeSigningHost host)
{
    private const string Key = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";
    private const string Job = "AAAAAAAAAAAAAAAAAAAA";

    private readonly Api api = new(host);

    public static TheoryData<string, string> Paths => new()
    {
        { "/key", "DELETE, POST" },
        { $"/key/{Key}", "DELETE, GET, HEAD, POST, PUT" },
        { "/login", "POST" },
        { "/scope", "POST" },
        { $"/scope/{Job}", "DELETE, GET, HEAD, POST, PUT" },
        { $"/confirm/{Job}", "GET" },
        { "/.well-known/jwks.json", "GET" },
        { "/test/.well-known/jwks.json", "GET" },
        { "/errors/bad-request", "GET" },
    };

    [Theory]
    [MemberData(nameof(Paths))]
    public async Task Path_OtherMethods_AreNotSupported(string path, string allowed)
    {
        foreach (var method in new[] { "GET", "POST", "PUT", "PATCH", "DELETE", "TRACE", "QUERY" }.Where(method => !allowed.Split(", ").Contains(method)))
        {
            var answer = await api.SendAsync(new HttpMethod(method), path, (string?)null);

            Assert.Equal(405, answer.Status);
            Assert.Equal("not-supported", answer.Code);
            Assert.Equal(allowed, string.Join(", ", answer.ContentHeaders.Allow.Order(StringComparer.Ordinal)));
        }
    }

    [Theory]
    [MemberData(nameof(Paths))]
    public async Task Path_Options_AnswersPreflight(string path, string allowed)
    {
        _ = allowed;
        var answer = await api.SendAsync(HttpMethod.Options, path, (string?)null);

        Assert.Equal(204, answer.Status);
        Assert.Equal("*", Assert.Single(answer.Headers.GetValues("Access-Control-Allow-Origin")));
        Assert.Contains("POST", Assert.Single(answer.Headers.GetValues("Access-Control-Allow-Methods")), StringComparison.Ordinal);
        Assert.Equal("Content-Type", Assert.Single(answer.Headers.GetValues("Access-Control-Allow-Headers")));
        Assert.False(answer.Headers.Contains("Access-Control-Allow-Credentials"));
    }

    [Theory]
    [MemberData(nameof(Paths))]
    public async Task Path_TrailingSlashOrOtherCase_IsAnotherPath(string path, string allowed)
    {
        _ = allowed;
        var literal = path.Split('/')[1];
        foreach (var other in new[] { path + "/", "/" + literal.ToUpperInvariant() + path[(literal.Length + 1)..], path + "/x" })
        {
            foreach (var method in new[] { HttpMethod.Get, HttpMethod.Post })
            {
                if (other is "/key/x" or "/scope/x")
                {
                    continue; // A path of its own.
                }

                var answer = await api.SendAsync(method, other, (string?)null);
                Assert.True(answer.Status == 404, $"{method} {other}: {answer.Status}");
                Assert.Equal("not-found", answer.Code);
            }
        }
    }

    [Theory]
    [InlineData("/")]
    [InlineData("/nothing")]
    [InlineData("/errors")]
    [InlineData("/errors/nothing")]
    [InlineData("/test")]
    public async Task Path_Unknown_IsNotFound(string path) => Assert.Equal("not-found", (await api.GetAsync(path)).Code);

    [Fact]
    public async Task EveryAnswer_ButKeySets_IsNotStoredAndNotSniffed()
    {
        foreach (var answer in new[] { await api.GetAsync($"/key/{Key}x"), await api.GetAsync("/nothing"), await api.PostAsync("/key", "x"), await api.GetAsync($"/confirm/{Job}") })
        {
            Assert.True(answer.Headers.CacheControl!.NoStore);
            Assert.Equal("nosniff", Assert.Single(answer.Headers.GetValues("X-Content-Type-Options")));
            Assert.Equal("*", Assert.Single(answer.Headers.GetValues("Access-Control-Allow-Origin")));
            Assert.Equal("Location, Retry-After, Authentiq-Job-Status", Assert.Single(answer.Headers.GetValues("Access-Control-Expose-Headers")));
            Assert.True(answer.Headers.Contains("X-Correlation-Id"));
        }
    }

    [Theory]
    [InlineData("/health")]
    [InlineData("/alive")]
    public async Task Health_WithEverythingThere_IsOk(string path) => Assert.Equal(200, (await api.GetAsync(path)).Status);

    [Fact]
    public async Task StoresAway_RequestsThatNeedThem_AreUnavailableAndNeverLetThrough()
    {
        await using var factory = await host.StartInstanceAsync(("ConnectionStrings:redis", "127.0.0.1:1,connectTimeout=200,syncTimeout=200,connectRetry=1"));
        using var client = ScopeSigningHost.ClientOf(factory);
        var without = new Api(host, client);
        var (person, secret) = await api.RegisterAsync("device");
        var (job, _) = await api.RequestPhoneAsync(person, Api.NewPhone());

        foreach (var answer in new[]
        {
            await without.PostAsync("/key", new Identity().Token()),
            await without.PostAsync($"/key/{person.Sub}", person.Token()),
            await without.PostAsync("/scope", person.Token(new { scope = "phone", phone = Api.NewPhone() })),
            await without.PostAsync("/login?callback=https%3A%2F%2Fa.example%2F", person.Token(new { iss = "https://a.example", aud = "https://a.example/" })),
            await without.DeleteAsync($"/key/{person.Sub}?secret={secret}"),
        })
        {
            Assert.Equal(503, answer.Status);
            Assert.Equal("unavailable", answer.Code);
            Assert.NotNull(answer.Headers.RetryAfter);
        }

        Assert.Equal(200, (await without.GetAsync($"/key/{person.Sub}")).Status);
        Assert.Equal(204, (await without.GetAsync($"/scope/{job}")).Status);
        Assert.Equal(200, (await without.GetAsync("/.well-known/jwks.json")).Status);
    }
}
