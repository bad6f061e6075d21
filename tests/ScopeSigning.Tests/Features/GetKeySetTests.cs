using RelyingParty;
using ScopeSigning.Signing;
using ScopeSigning.Tests.Support;

namespace ScopeSigning.Tests.Features;

public sealed class GetKeySetTests(ScopeSigningHost host)
{
    private readonly Api api = new(host);

    [Theory]
    [InlineData("/.well-known/jwks.json")]
    [InlineData("/test/.well-known/jwks.json")]
    public async Task GetKeySet_Either_HasPublicMembersOnlyAndMayBeCached(string path)
    {
        var answer = await api.GetAsync(path);

        Assert.Equal(200, answer.Status);
        Assert.Equal("application/json", answer.ContentHeaders.ContentType!.MediaType);
        Assert.Equal("public, max-age=3600", answer.Headers.CacheControl!.ToString());
        Assert.NotNull(answer.Headers.ETag);
        var keys = answer.Json.GetProperty("keys").EnumerateArray().ToList();
        Assert.Equal(2, keys.Count);
        foreach (var key in keys)
        {
            Assert.Equal(["kty", "crv", "x", "kid", "alg", "use"], key.EnumerateObject().Select(member => member.Name));
            Assert.Equal(JwkThumbprint.Of(Identity.Decode(key.GetProperty("x").GetString()!)), key.GetProperty("kid").GetString());
        }
    }

    [Fact]
    public async Task GetKeySet_RealAndTest_ShareNoKey()
        => Assert.Empty((await KidsAsync("/.well-known/jwks.json")).Intersect(await KidsAsync("/test/.well-known/jwks.json")));

    [Fact]
    public async Task GetKeySet_AskedAsKeySet_HasThatMediaType()
        => Assert.Equal("application/jwk-set+json", (await api.GetAsync("/.well-known/jwks.json", accept: "application/jwk-set+json")).ContentHeaders.ContentType!.MediaType);

    [Fact]
    public async Task GetKeySet_NotModified_IsToldSo()
    {
        var tag = (await api.GetAsync("/.well-known/jwks.json")).Headers.ETag!;
        using var request = new HttpRequestMessage(HttpMethod.Get, "/.well-known/jwks.json");
        request.Headers.IfNoneMatch.Add(tag);

        using var response = await host.Client.SendAsync(request, TestContext.Current.CancellationToken);

        Assert.Equal(304, (int)response.StatusCode);
    }

    [Fact]
    public async Task KeySet_InARelyingPartysHands_VerifiesRealScopesOffline()
    {
        var (person, _) = await api.RegisterAsync();
        var (email, phone) = (Api.NewEmail(), Api.NewPhone());
        var emailToken = await api.SignedEmailAsync(person, email);
        var phoneToken = await api.SignedPhoneAsync(person, phone);
        var verifier = await VerifierAsync("/.well-known/jwks.json");

        var (scope, refusal) = verifier.Verify(emailToken, DateTimeOffset.UtcNow);

        Assert.Null(refusal);
        Assert.Equal((person.Sub, "email", email), (scope!.Subject, scope.Scope, scope.Value));
        Assert.Equal(phone, verifier.Verify(phoneToken, DateTimeOffset.UtcNow).Scope!.Value);
        Assert.Equal("expired", verifier.Verify(phoneToken, DateTimeOffset.UtcNow.AddDays(181)).Refusal);
        Assert.Equal("not valid yet", verifier.Verify(phoneToken, DateTimeOffset.UtcNow.AddMinutes(-5)).Refusal);
    }

    [Fact]
    public async Task KeySet_InARelyingPartysHands_RefusesTheTestIssuer()
    {
        var (person, _) = await api.RegisterAsync();
        var email = Api.NewEmail();
        var job = (await api.PostAsync("/scope?test=1", person.Token(new { scope = "email", email }))).Text("job");
        await api.ConfirmAsync(job, new { code = (await host.Sinks.WaitForAsync(email)).Code });
        var token = await api.WaitForTokenAsync(job);

        Assert.True(GetScopeTests.Payload(token).GetProperty("test").GetBoolean());
        Assert.Equal(ScopeSigningHost.Issuer + "/test", GetScopeTests.Payload(token).GetProperty("iss").GetString());
        Assert.Equal("unknown key", (await VerifierAsync("/.well-known/jwks.json")).Verify(token, DateTimeOffset.UtcNow).Refusal);

        // Even somebody who loads the wrong key set is not fooled about the issuer.
        Assert.Equal("wrong issuer", (await VerifierAsync("/test/.well-known/jwks.json")).Verify(token, DateTimeOffset.UtcNow).Refusal);
    }

    [Fact]
    public async Task KeySet_InARelyingPartysHands_RefusesAlteredAndForeignTokens()
    {
        var (person, _) = await api.RegisterAsync();
        var token = await api.SignedEmailAsync(person, Api.NewEmail());
        var parts = token.Split('.');
        var verifier = await VerifierAsync("/.well-known/jwks.json");
        string Encode(string text) => ScopeSigning.Domain.Base64UrlText.Encode(System.Text.Encoding.UTF8.GetBytes(text));
        var header = System.Text.Encoding.UTF8.GetString(Identity.Decode(parts[0]));
        var payload = System.Text.Encoding.UTF8.GetString(Identity.Decode(parts[1]));

        Assert.Equal("bad signature", verifier.Verify($"{parts[0]}.{Encode(payload.Replace("person-", "evil-", StringComparison.Ordinal))}.{parts[2]}", DateTimeOffset.UtcNow).Refusal);
        Assert.Equal("wrong type", verifier.Verify($"{Encode(header.Replace("scope+jwt", "JWT", StringComparison.Ordinal))}.{parts[1]}.{parts[2]}", DateTimeOffset.UtcNow).Refusal);
        Assert.Equal("wrong algorithm", verifier.Verify($"{Encode(header.Replace("EdDSA", "none", StringComparison.Ordinal))}.{parts[1]}.", DateTimeOffset.UtcNow).Refusal);
        Assert.Equal("unknown key", verifier.Verify(host.Authority.Token(person.Sub, new { scope = "email", email = "a@b.example" }), DateTimeOffset.UtcNow).Refusal);
        Assert.Equal("wrong type", verifier.Verify(person.Token(), DateTimeOffset.UtcNow).Refusal);
        Assert.Equal("malformed", verifier.Verify("a.b.c", DateTimeOffset.UtcNow).Refusal);
        Assert.Equal("not a compact token", verifier.Verify("hello", DateTimeOffset.UtcNow).Refusal);
    }

    private async Task<ScopeVerifier> VerifierAsync(string keySet) => new(ScopeSigningHost.Issuer, (await api.GetAsync(keySet)).Body);

    private async Task<IEnumerable<string>> KidsAsync(string path)
        => (await api.GetAsync(path)).Json.GetProperty("keys").EnumerateArray().Select(key => key.GetProperty("kid").GetString()!);
}
