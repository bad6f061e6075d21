using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using RelyingParty;
using ScopeSigning.Contracts.V1;
using TestSupport;

namespace Platform.Tests;

/// <summary>A person's key gets a fact signed through the gateway, and somebody else verifies it with the key set alone.</summary>
public sealed partial class SignScopeTests(SignScopeTests.Platform platform) : IClassFixture<SignScopeTests.Platform>
{
    [Fact]
    public async Task SignScope_EmailConfirmedByCode_VerifiesOfflineAndIsPublishedOnce()
    {
        var wallet = new Wallet();
        var address = $"ada-{Guid.NewGuid():N}@example.org";
        using var client = Caller.New(platform.Gateway);
        await using var events = await EventTap.OnAsync<ScopeSigned>(platform.Broker, "sub");
        await RegisterAsync(client, wallet);

        var job = await OpenJobAsync(client, wallet, ("scope", "email"), ("email", address));
        Assert.Equal(HttpStatusCode.NoContent, (await client.GetAsync($"scope/{job}")).StatusCode);
        var mail = await platform.Inbox.ReadAsync($"to:\"{address}\"");
        using var confirmed = await client.PostAsJsonAsync($"scope/{job}", new { code = Code().Match(mail).Value });

        Assert.Equal(HttpStatusCode.Accepted, confirmed.StatusCode);
        var (scope, refusal) = (await platform.VerifierAsync(client)).Verify(await TokenAsync(client, job), DateTimeOffset.UtcNow);
        Assert.Null(refusal);
        Assert.Equal((wallet.Sub, "email", address), (scope!.Subject, scope.Scope, scope.Value));
        Assert.Single((await events.ReadAsync([wallet.Sub]))[wallet.Sub]);
    }

    [Fact]
    public async Task SignScope_EmailConfirmedByTheLinkOfTheMail_IsSigned()
    {
        var wallet = new Wallet();
        var address = $"eve-{Guid.NewGuid():N}@example.org";
        using var client = Caller.New(platform.Gateway);
        await RegisterAsync(client, wallet);
        var job = await OpenJobAsync(client, wallet, ("scope", "email"), ("email", address));

        var link = new Uri(Link().Match(await platform.Inbox.ReadAsync($"to:\"{address}\"")).Value);
        using var page = await client.GetAsync(link);
        using var before = await client.GetAsync($"scope/{job}");
        using var confirmed = await client.PostAsJsonAsync($"scope/{job}", new { secret = link.Fragment[1..] });

        Assert.Equal(new Uri(platform.Gateway, $"confirm/{job}").AbsolutePath, link.AbsolutePath);
        Assert.Equal(platform.Gateway.Authority, link.Authority);
        Assert.Equal(HttpStatusCode.OK, page.StatusCode);
        Assert.Equal("waiting", before.Headers.GetValues("Authentiq-Job-Status").Single());
        Assert.Equal(HttpStatusCode.Accepted, confirmed.StatusCode);
        Assert.Null((await platform.VerifierAsync(client)).Verify(await TokenAsync(client, job), DateTimeOffset.UtcNow).Refusal);
    }

    [Fact]
    public async Task SignScope_PhoneOfTheTestIssuer_IsRefusedByARelyingParty()
    {
        var wallet = new Wallet();
        var number = "+4420" + Random.Shared.NextInt64(10_000_000, 99_999_999);
        using var client = Caller.New(platform.Gateway);
        await RegisterAsync(client, wallet);
        var job = await OpenJobAsync(client, wallet, "scope?test=1", ("scope", "phone"), ("phone", number));

        var message = await platform.Inbox.ReadAsync($"to:\"{number}\"");
        using var confirmed = await client.PostAsJsonAsync($"scope/{job}", new { code = JsonDocument.Parse(message).RootElement.GetProperty("code").GetString() });

        Assert.Equal(HttpStatusCode.Accepted, confirmed.StatusCode);
        var (scope, refusal) = (await platform.VerifierAsync(client)).Verify(await TokenAsync(client, job), DateTimeOffset.UtcNow);
        Assert.Null(scope);
        Assert.Equal("unknown key", refusal);
    }

    [Fact]
    public async Task PushLogin_RegisteredPhone_GetsThePushOnce()
    {
        var wallet = new Wallet();
        var device = $"device-{Guid.NewGuid():N}";
        const string callback = "https://shop.example.org/authentiq";
        using var client = Caller.New(platform.Gateway);
        await RegisterAsync(client, wallet, ("devtoken", device));
        var token = wallet.Token(("iss", "https://shop.example.org"), ("aud", callback));

        using var other = await PostAsync(client, $"login?callback={Uri.EscapeDataString("https://shop.example.com/authentiq")}", token);
        using var sent = await PostAsync(client, $"login?callback={Uri.EscapeDataString(callback)}", token);
        using var again = await PostAsync(client, $"login?callback={Uri.EscapeDataString(callback)}", token);

        Assert.Equal((HttpStatusCode.Unauthorized, "aud-error"), (other.StatusCode, await CodeOfAsync(other)));
        Assert.Equal(HttpStatusCode.OK, sent.StatusCode);
        Assert.Equal((HttpStatusCode.Unauthorized, "auth-error"), (again.StatusCode, await CodeOfAsync(again)));
        Assert.Contains(callback, await platform.Inbox.ReadAsync($"kind:push to:\"{device}\""), StringComparison.Ordinal);
    }

    [Fact]
    public async Task RevokeKey_BySecret_IsGoneForGood()
    {
        var wallet = new Wallet();
        using var client = Caller.New(platform.Gateway);
        var secret = await RegisterAsync(client, wallet);

        using var wrong = await client.DeleteAsync($"key/{wallet.Sub}?secret={new string('A', 43)}");
        using var live = await client.GetAsync($"key/{wallet.Sub}");
        using var right = await client.DeleteAsync($"key/{wallet.Sub}?secret={secret}");
        using var gone = await client.GetAsync($"key/{wallet.Sub}");
        using var back = await PostAsync(client, "key", wallet.Token());

        Assert.Equal(HttpStatusCode.Unauthorized, wrong.StatusCode);
        Assert.Equal(HttpStatusCode.OK, live.StatusCode);
        Assert.Equal(HttpStatusCode.OK, right.StatusCode);
        Assert.Equal((HttpStatusCode.Gone, "revoked-key"), (gone.StatusCode, await CodeOfAsync(gone)));
        Assert.Equal(HttpStatusCode.Gone, back.StatusCode);
    }

    [Fact]
    public async Task RegisterKey_200InParallel_OneIsRegistered()
    {
        var wallet = new Wallet();
        using var client = Caller.New(platform.Gateway);
        using var start = new SemaphoreSlim(0);
        var attempts = Enumerable.Range(0, 200).Select(async _ =>
        {
            var token = wallet.Token();
            await start.WaitAsync();
            using var answer = await PostAsync(client, "key", token);
            return answer.StatusCode;
        }).ToArray();
        start.Release(attempts.Length);
        var outcomes = await Task.WhenAll(attempts);

        Assert.Single(outcomes, HttpStatusCode.Created);
        // On a busy machine a loser may be told that a store was late: 503 instead of 409.
        Assert.All(
            outcomes.Where(status => status != HttpStatusCode.Created),
            status => Assert.Contains(status, (HttpStatusCode[])[HttpStatusCode.Conflict, HttpStatusCode.ServiceUnavailable]));
    }

    private static async Task<string> RegisterAsync(HttpClient client, Wallet wallet, params IEnumerable<(string, string)> claims)
    {
        using var answer = await PostAsync(client, "key", wallet.Token(claims));
        Assert.Equal(HttpStatusCode.Created, answer.StatusCode);
        return (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("secret").GetString()!;
    }

    private static Task<string> OpenJobAsync(HttpClient client, Wallet wallet, params IEnumerable<(string, string)> claims)
        => OpenJobAsync(client, wallet, "scope", claims);

    private static async Task<string> OpenJobAsync(HttpClient client, Wallet wallet, string path, params IEnumerable<(string, string)> claims)
    {
        using var answer = await PostAsync(client, path, wallet.Token(claims));
        Assert.Equal(HttpStatusCode.Created, answer.StatusCode);
        return (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("job").GetString()!;
    }

    /// <summary>Asks until the issuer has signed.</summary>
    private static async Task<string> TokenAsync(HttpClient client, string job)
    {
        var token = "";
        await Eventually.IsTrueAsync(
            async () =>
            {
                using var request = new HttpRequestMessage(HttpMethod.Get, $"scope/{job}") { Headers = { { "Accept", "application/jwt" } } };
                using var answer = await client.SendAsync(request);
                token = answer.StatusCode == HttpStatusCode.OK ? await answer.Content.ReadAsStringAsync() : "";
                return token.Length > 0;
            },
            TimeSpan.FromSeconds(30),
            "The scope was not signed");
        return token;
    }

    private static Task<HttpResponseMessage> PostAsync(HttpClient client, string path, string token)
        => client.PostAsync(new Uri(path, UriKind.Relative), new StringContent(token, Encoding.ASCII, "application/jwt"));

    private static async Task<string> CodeOfAsync(HttpResponseMessage answer)
        => (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("type").GetString()!.Split('/')[^1];

    [GeneratedRegex(@"\b[0-9]{6}\b", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Code();

    [GeneratedRegex(@"http\S+/confirm/\S+", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Link();

    /// <summary>The stack that the test run shares.</summary>
    public sealed class Platform : IAsyncLifetime, IDisposable
    {
        public Uri Gateway { get; private set; } = null!;

        public string Broker { get; private set; } = "";

        internal InboxReader Inbox { get; private set; } = null!;

        public async ValueTask InitializeAsync()
        {
            var stack = (await BackingServers.GetAsync()).Stack;
            Gateway = stack.Gateway;
            Broker = stack.RabbitMQ;
            Inbox = new InboxReader(stack.Inbox);
        }

        /// <summary>A relying party: it has fetched the key set once, and asks nobody afterwards.</summary>
        internal async Task<ScopeVerifier> VerifierAsync(HttpClient client)
            => new($"{Gateway.AbsoluteUri.TrimEnd('/')}/scope-signing", await client.GetStringAsync("scope-signing/.well-known/jwks.json"));

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }

        public void Dispose() => Inbox?.Dispose();
    }
}
