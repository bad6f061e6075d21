using IdentityAuth.Tests.Infrastructure;

namespace IdentityAuth.Tests.Features;

/// <summary>Contract §3.12, and sudo without second factors (§1.8).</summary>
public sealed class LogoutAllSessionsTests(IdentityApp app)
{
    private const string Path = "/v1/auth/sessions/logout";

    [Fact]
    public async Task LogoutAllSessions_Listed_EndsThemAndNoOthers()
    {
        using var client = app.CreateClient();
        var account = await client.RegisterAsync();
        var victim = await client.RegisterAsync();
        var second = await client.TokenAsync(account.Email);
        var hashes = new[] { Hash(second), Hash(victim.Token), "unknown", Hash("flx_000000000000000000000000000000000000") };

        using var response = await account.PostAsync(Path, new { session_id_hashes = hashes, password = TestClient.Password });
        using var again = await account.PostAsync(Path, new { session_id_hashes = hashes, password = TestClient.Password });

        await response.AssertNoContentAsync();
        await again.AssertNoContentAsync();
        Assert.False(response.Headers.Contains("X-Fluxer-Sudo-Mode-JWT"));
        Assert.False(await client.IsAliveAsync(second));
        Assert.True(await client.IsAliveAsync(account.Token));
        Assert.True(await client.IsAliveAsync(victim.Token));
        Assert.Equal([Hash(second)], Assert.Single(await app.EventBodiesAsync("SessionsRevoked", account.Id)).GetProperty("idHashes").EnumerateArray().Select(one => one.GetString()));
    }

    [Fact]
    public async Task LogoutAllSessions_TheCurrentOne_IsDead()
    {
        using var client = app.CreateClient();
        var account = await client.RegisterAsync();

        using var response = await account.PostAsync(Path, new { session_id_hashes = new[] { Hash(account.Token) }, password = TestClient.Password });

        await response.AssertNoContentAsync();
        Assert.False(await client.IsAliveAsync(account.Token));
    }

    [Fact]
    public async Task LogoutAllSessions_WithoutProof_Refused()
    {
        using var client = app.CreateClient();
        var account = await client.RegisterAsync();

        using var none = await account.PostAsync(Path, new { session_id_hashes = new[] { Hash(account.Token) } });
        Assert.False((await none.AssertProblemAsync(403, "SUDO_MODE_REQUIRED")).GetProperty("has_mfa").GetBoolean());
        using var wrong = await account.PostAsync(Path, new { session_id_hashes = new[] { Hash(account.Token) }, password = "wrong horse battery" });
        await wrong.AssertFieldsAsync("password=INVALID_PASSWORD");
        using var method = await account.PostAsync(Path, new { session_id_hashes = Array.Empty<string>(), mfa_method = "smoke" });
        await method.AssertFieldsAsync("mfa_method=INVALID_FORMAT");
        Assert.True(await client.IsAliveAsync(account.Token));
    }

    [Fact]
    public async Task LogoutAllSessions_PasswordOfAnAccountWithSecondFactor_IsNoProof()
    {
        using var client = app.CreateClient();
        var account = await client.RegisterAsync();
        await app.ChangeUserAsync(account.Id, "authenticators = 1");

        using var password = await account.PostAsync(Path, new { session_id_hashes = Array.Empty<string>(), password = TestClient.Password });
        Assert.True((await password.AssertProblemAsync(403, "SUDO_MODE_REQUIRED")).GetProperty("has_mfa").GetBoolean());
        using var code = await account.PostAsync(Path, new { session_id_hashes = Array.Empty<string>(), mfa_method = "totp", mfa_code = "000000" });
        await code.AssertFieldsAsync("mfa_code=INVALID_MFA_CODE");
    }

    [Fact]
    public async Task LogoutAllSessions_ElevenWrongPasswordsInParallel_TheEleventhHasToWait()
    {
        using var client = app.CreateClient();
        var account = await client.RegisterAsync();

        var responses = await Task.WhenAll(Enumerable.Range(0, 30).Select(_ => account.PostAsync(Path, new { session_id_hashes = Array.Empty<string>(), password = "wrong horse battery" })));

        Assert.Equal(10, responses.Count(response => (int)response.StatusCode == 400));
        Assert.Equal(20, responses.Count(response => (int)response.StatusCode == 429));
        using var right = await account.PostAsync(Path, new { session_id_hashes = Array.Empty<string>(), password = TestClient.Password });
        await right.AssertProblemAsync(429, "RATE_LIMITED");
        Assert.True(right.Headers.RetryAfter?.Delta > TimeSpan.FromMinutes(10));
    }

    [Theory]
    [InlineData("""{"password":"correct horse battery"}""")]
    [InlineData("""{"password":"correct horse battery","session_id_hashes":null}""")]
    [InlineData("""{"password":"correct horse battery","session_id_hashes":"x"}""")]
    [InlineData("""{"password":"correct horse battery","session_id_hashes":[7]}""")]
    [InlineData("""{"password":"correct horse battery","session_id_hashes":[""]}""")]
    public async Task LogoutAllSessions_BadList_Refused(string body)
    {
        using var client = app.CreateClient();
        var account = await client.RegisterAsync();

        using var response = await account.PostAsync(Path, body);

        await response.AssertFieldsAsync("session_id_hashes=INVALID_FORMAT");
    }

    private static string Hash(string token) => IdentityAuth.Domain.SessionToken.IdHash(IdentityAuth.Domain.SessionToken.Hash(token));
}
