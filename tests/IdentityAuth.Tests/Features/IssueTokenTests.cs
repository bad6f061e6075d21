using System.Text.Json;
using IdentityAuth.Data;
using IdentityAuth.Domain;
using IdentityAuth.Domain.Tokens;
using IdentityAuth.Tests.Infrastructure;
using IdentityAuth.Tokens;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace IdentityAuth.Tests.Features;

public sealed class IssueTokenTests(FactorsApp app) : IClassFixture<FactorsApp>
{
    private const string Issuer = $"{FactorsApp.BaseUrl}/identity-auth";

    [Fact]
    public async Task IssueToken_Session_GetsATokenThatThePublishedKeysVerify()
    {
        var person = await Person.RegisterAsync(app);

        using var response = await person.PostAsync("/v1/auth/token");

        var body = await response.JsonAsync(200);
        Assert.Equal(["access_token", "token_type", "expires_in"], body.EnumerateObject().Select(member => member.Name));
        Assert.Equal(("Bearer", 300), (body.Text("token_type"), body.GetProperty("expires_in").GetInt32()));
        var token = await VerifyAsync(body.Text("access_token"));
        Assert.Equal((person.UserId, "ES256", "at+jwt"), (token.Subject, token.Alg, token.Typ));
        Assert.Equal(SessionToken.IdHash(SessionToken.Hash(person.Token)), token.GetClaim("sid").Value);
        Assert.Equal(TimeSpan.FromSeconds(300), token.ValidTo - token.IssuedAt);
        var user = JsonDocument.Parse(token.GetClaim("user").Value).RootElement;
        Assert.Equal(person.UserId, user.Text("identity"));
        Assert.False(user.TryGetProperty("email", out _)); // not verified
        Assert.Equal("[]", user.GetProperty("roles").GetRawText());
    }

    [Fact]
    public async Task IssueToken_AdministratorWithVerifiedAddress_HasTheRole()
    {
        await using var own = await FactorsApp.StartAsync(new Dictionary<string, string?> { ["IdentityAuth:AdministratorEmail"] = "Root@Example.org" });
        var account = await own.Client.RegisterAsync("root@example.org");
        Assert.Equal("[]", await RolesAsync());

        await own.App.ChangeUserAsync(account.Id, "email_verified = true");
        Assert.Equal("""["admin"]""", await RolesAsync());

        async Task<string> RolesAsync()
        {
            using var response = await account.PostAsync("/v1/auth/token");
            var token = new JsonWebToken((await response.JsonAsync(200)).Text("access_token"));
            return JsonDocument.Parse(token.GetClaim("user").Value).RootElement.GetProperty("roles").GetRawText();
        }
    }

    [Fact]
    public async Task IssueToken_NoSessionOrAnEndedOne_IsRefused()
    {
        var person = await Person.RegisterAsync(app);
        using var anonymous = await app.Client.PostAsync("/v1/auth/token");
        using var loggedOut = await person.PostAsync("/v1/auth/logout");
        using var ended = await person.PostAsync("/v1/auth/token");

        await anonymous.AssertProblemAsync(401, "UNAUTHORIZED");
        await ended.AssertProblemAsync(401, "UNAUTHORIZED");
    }

    [Theory]
    [InlineData("/v1/auth/token")]
    [InlineData("/internal/auth/token")]
    public async Task IssueToken_SuspiciousAccount_IsRefused(string path)
    {
        var person = await Person.RegisterAsync(app);
        await app.App.ChangeUserAsync(person.UserId, "suspicious_activity = 4");

        using var response = await person.PostAsync(path);

        var body = await response.AssertProblemAsync(403, "ACCOUNT_SUSPICIOUS_ACTIVITY");
        Assert.Equal(4, body.GetProperty("data").GetProperty("suspicious_activity_flags").GetInt32());
    }

    [Fact]
    public async Task IssueToken_Gateway_IsNotLimited()
    {
        await using var limited = await FactorsApp.StartAsync(new Dictionary<string, string?> { ["IdentityAuth:RateLimits"] = "true" });
        var person = await Person.RegisterAsync(limited);
        for (var i = 0; i < 30; i++)
        {
            using var own = await person.PostAsync("/v1/auth/token");
            await own.JsonAsync(200);
        }

        using var tooMany = await person.PostAsync("/v1/auth/token");
        await tooMany.AssertProblemAsync(429, "RATE_LIMITED");
        for (var i = 0; i < 100; i++)
        {
            using var exempt = await person.PostAsync("/internal/auth/token");
            Assert.NotEmpty((await exempt.JsonAsync(200)).Text("access_token"));
            Assert.False(exempt.Headers.Contains("X-RateLimit-Limit"));
        }
    }

    [Fact]
    public async Task IssueToken_InternalPath_IsNotInTheDescription()
    {
        using var response = await app.Client.GetAsync("/openapi/v1.json");

        var text = await response.Content.ReadAsStringAsync();
        Assert.Contains("/v1/auth/token", text, StringComparison.Ordinal);
        Assert.DoesNotContain("/internal/", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task SigningKeys_Rotation_OldTokensVerifyUntilTheLastIsDead()
    {
        await using var own = await FactorsApp.StartAsync(new Dictionary<string, string?> { ["IdentityAuth:SigningKeyLifetime"] = "1.00:00:00" });
        var person = await Person.RegisterAsync(own);
        var old = await TokenAsync();
        var announced = (await KeysAsync()).Select(key => key.Text("kid")).ToList();
        Assert.Equal(2, announced.Count);
        Assert.Equal(new JsonWebToken(old).Kid, announced[0]);

        // A day later the announced key takes over; the old one stays for its last token.
        own.Clock.Advance(TimeSpan.FromDays(1));
        await RotateAsync();
        var fresh = await TokenAsync();
        Assert.Equal(announced[1], new JsonWebToken(fresh).Kid);
        var published = (await KeysAsync()).Select(key => key.Text("kid")).ToList();
        Assert.Equal((3, announced[1]), (published.Count, published[0]));
        Assert.Contains(announced[0], published);

        own.Clock.Advance(SigningKeyRotation.Retirement - TimeSpan.FromSeconds(1));
        await RotateAsync();
        Assert.Equal(3, (await KeysAsync()).Count);

        own.Clock.Advance(TimeSpan.FromSeconds(1));
        await RotateAsync();
        Assert.DoesNotContain(announced[0], (await KeysAsync()).Select(key => key.Text("kid")));

        async Task RotateAsync()
        {
            await own.Get<SigningKeyRotation>().RunAsync(CancellationToken.None);
            await own.Get<SigningKeyRing>().RefreshAsync(CancellationToken.None);
        }

        async Task<string> TokenAsync()
        {
            using var response = await person.PostAsync("/v1/auth/token");
            return (await response.JsonAsync(200)).Text("access_token");
        }

        async Task<List<JsonElement>> KeysAsync()
        {
            using var response = await own.Client.GetAsync("/identity-auth/.well-known/jwks.json");
            return [.. JsonDocument.Parse(await response.Content.ReadAsStringAsync()).RootElement.GetProperty("keys").EnumerateArray()];
        }
    }

    [Fact]
    public async Task SigningKeys_TwoInstances_SignWithOneKeyAndVerifyEachOther()
    {
        await using var other = await FactorsApp.StartAsync(new Dictionary<string, string?>(), sameServersAs: app);
        var person = await Person.RegisterAsync(app);

        using var first = await person.PostAsync("/v1/auth/token");
        using var second = await person.SendAsync(HttpMethod.Post, "/v1/auth/token", at: other);

        var (one, two) = ((await first.JsonAsync(200)).Text("access_token"), (await second.JsonAsync(200)).Text("access_token"));
        Assert.Equal(new JsonWebToken(one).Kid, new JsonWebToken(two).Kid);
        await VerifyAsync(two);
    }

    [Fact]
    public async Task SigningKeys_ManyFirstStarts_MakeOneActiveAndOneNextKey()
    {
        await app.ExecuteAsync("DELETE FROM signing_keys");

        await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => app.Get<SigningKeyRotation>().RunAsync(CancellationToken.None)));

        var keys = await app.Get<SigningKeyStore>().ListAsync(CancellationToken.None);
        Assert.Equal(["active", "next"], keys.Select(key => key.State).Order(StringComparer.Ordinal));
        await app.Get<SigningKeyRing>().RefreshAsync(CancellationToken.None);
    }

    [Fact]
    public async Task SigningKeys_Stored_AreNotReadable()
    {
        foreach (var key in await app.Get<SigningKeyStore>().ListAsync(CancellationToken.None))
        {
            Assert.ThrowsAny<System.Security.Cryptography.CryptographicException>(() => SigningKey.Import(key.PrivateKey));
        }
    }

    private async Task<JsonWebToken> VerifyAsync(string token)
    {
        using var response = await app.Client.GetAsync("/identity-auth/.well-known/jwks.json");
        var result = await new JsonWebTokenHandler().ValidateTokenAsync(token, new TokenValidationParameters
        {
            ValidIssuer = Issuer,
            ValidAudience = "platform",
            ValidAlgorithms = ["ES256"],
            ValidTypes = ["at+jwt"],
            IssuerSigningKeys = new JsonWebKeySet(await response.Content.ReadAsStringAsync()).GetSigningKeys(),
            LifetimeValidator = (_, expires, _, _) => expires > app.Clock.GetUtcNow(),
        });
        Assert.True(result.IsValid, result.Exception?.Message);
        return (JsonWebToken)result.SecurityToken;
    }
}
