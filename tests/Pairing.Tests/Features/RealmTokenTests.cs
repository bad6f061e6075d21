using System.Net;
using System.Security.Cryptography;
using Pairing.Tests.Infrastructure;
using TestSupport;

namespace Pairing.Tests.Features;

/// <summary>Contract §2.2 kind 2: tokens of a realm, whose keys a server of the test's own publishes.</summary>
public sealed class RealmTokenTests : IClassFixture<RealmTokenTests.AppWithRealm>, IDisposable
{
    private readonly TestRealm _realm;
    private readonly PairingApp _app;
    private readonly TestPhone _phone;

    public RealmTokenTests(AppWithRealm fixture)
    {
        (_realm, _app) = (fixture.Realm, fixture.App);
        _phone = new TestPhone(_app);
        _realm.Reset();
        // What the service has fetched for the test before is not fresh any more.
        Clock.Advance(TimeSpan.FromMinutes(11));
    }

    private FakeClock Clock => _app.FakeClock;

    [Fact]
    public async Task RealmToken_WholeWay_LinksThePhone()
    {
        var (jti, user) = (Guid.NewGuid(), Guid.NewGuid());
        var jwt = _realm.Token(_realm.Claims(Clock, jti, user));

        using var init = await _phone.PostInitAsync(jwt);
        var body = await init.JsonAsync();
        Assert.Equal("grace", body.Text("username"));
        Assert.Equal(Clock.GetUtcNow().ToUnixTimeSeconds() + 300, body.GetProperty("expiresAt").GetInt64());
        using var complete = await _phone.PostCompleteAsync(jwt, body.Text("nonce"));

        Assert.Equal(HttpStatusCode.NoContent, complete.StatusCode);
        Assert.Equal(["PairingInitialized", "DevicePaired"], await _app.EventsOfAsync(jti));
        Assert.Equal(_realm.TenantId.ToString(), Assert.Single(await _app.EventBodiesAsync("DevicePaired", user)).Text("tenantId"));
        Assert.Equal(1, await _app.CountAsync("SELECT count(*) FROM pairing_link WHERE jti = @jti AND issuer = @issuer AND user_id = @user", new { jti, issuer = _realm.Issuer, user }));
        using var again = await _phone.PostCompleteAsync(jwt, body.Text("nonce"));
        await again.AssertUnavailableAsync("pairing_replayed");
    }

    [Theory]
    [InlineData("rsa", "RS256")]
    [InlineData("ec", "ES256")]
    public async Task RealmToken_AllowedAlgorithm_IsTaken(string key, string algorithm) => await TakenAsync(_realm.Token(_realm.Claims(Clock), key, algorithm));

    [Fact]
    public async Task RealmToken_Ps256_IsTakenWithAKeyThatAllowsIt()
    {
        _realm.KeySet = $$"""{"keys":[{{_realm.RsaKey("rsa-any", "\"use\":\"sig\"")}},{{_realm.RsaKey("rsa")}}]}""";
        await TakenAsync(_realm.Token(_realm.Claims(Clock), "rsa-any", "PS256"));
        await RefusedAsync(_realm.Token(_realm.Claims(Clock), "rsa", "PS256")); // published for RS256 only
    }

    [Fact]
    public async Task RealmToken_UserIdClaim_GoesBeforeSub()
    {
        var user = Guid.NewGuid();
        var claims = _realm.Claims(Clock);
        claims["userId"] = user;
        claims["tenantId"] = _realm.TenantId;
        claims.Remove("preferred_username");

        using var init = await _phone.PostInitAsync(_realm.Token(claims));

        Assert.Equal(user.ToString(), (await init.JsonAsync()).Text("username")); // no name: the id stands in
        Assert.Single(await _app.EventBodiesAsync("PairingInitialized", user));
    }

    public static TheoryData<string, object?> BadSubjects => new()
    {
        { "jti", null }, { "jti", "abc" }, { "sub", null }, { "sub", "service-account" }, { "userId", "abc" }, { "tenantId", "abc" }, { "tenantId", 5 },
    };

    [Theory]
    [MemberData(nameof(BadSubjects))]
    public async Task RealmToken_SubjectMissingOrNoUuid_RejectedForItsClaims(string claim, object? value)
    {
        var claims = _realm.Claims(Clock);
        claims[claim] = value;
        if (value is null)
        {
            claims.Remove(claim);
        }

        using var response = await _phone.PostInitAsync(_realm.Token(claims));
        await response.AssertProblemAsync(403, "Token rejected", "invalid_token_claims");
    }

    public static TheoryData<string, object?> BadClaims => new()
    {
        { "aud", "account" }, { "aud", "hauth:pairing" }, { "aud", null }, { "iss", "https://keycloak.example/realms/other" }, { "iss", "hauth:orchestrator" },
        { "tenantId", "6f9619ff-8b86-4011-b42d-00cf4fc964ff" }, { "iat", null }, { "nbf", 9_999_999_999 }, { "exp", 1 },
    };

    [Theory]
    [MemberData(nameof(BadClaims))]
    public async Task RealmToken_BadClaim_Rejected(string claim, object? value)
    {
        var claims = _realm.Claims(Clock);
        claims[claim] = value;
        if (value is null)
        {
            claims.Remove(claim);
        }

        await RefusedAsync(_realm.Token(claims));
    }

    [Fact]
    public async Task RealmToken_LivesLongerThanTenMinutes_Rejected()
    {
        await TakenAsync(_realm.Token(_realm.Claims(Clock, lifetime: 600)));
        await RefusedAsync(_realm.Token(_realm.Claims(Clock, lifetime: 601)));
    }

    [Theory]
    [InlineData("none", "")]
    [InlineData("HS256", "")] // signed with the published key as secret
    [InlineData("ES256", "")] // an RSA key
    [InlineData("RS256", ",\"typ\":\"at+jwt\"")]
    [InlineData("RS256", ",\"typ\":\"Logout\"")]
    [InlineData("RS256", ",\"crit\":[\"x\"]")]
    public async Task RealmToken_BadHeader_Rejected(string algorithm, string more)
        => await RefusedAsync(_realm.Token(_realm.Claims(Clock), "rsa", algorithm, more));

    [Fact]
    public async Task RealmToken_KeyInTheHeader_IsNotUsed()
    {
        using var stranger = RSA.Create(2048);
        var more = $",\"jwk\":{_realm.RsaKey("rsa", rsa: stranger)},\"jku\":\"{_realm.Address}\"";
        await RefusedAsync(TestJwt.Create(stranger, "rsa", _realm.Claims(Clock), moreHeader: more));
        await RefusedAsync(TestJwt.Create(stranger, "new", _realm.Claims(Clock), moreHeader: more));
        await RefusedAsync(TestJwt.Create(stranger, null, _realm.Claims(Clock), moreHeader: more));
    }

    [Fact]
    public async Task RealmToken_KeyNotForSignaturesOrTooSmall_IsNotUsed()
    {
        using var small = RSA.Create(1024);
        _realm.KeySet = $$"""
            {"keys":[5,{"kty":"oct","kid":"oct","k":"AA"},{{_realm.RsaKey("rsa-enc", "\"use\":\"enc\"")}},{{_realm.RsaKey("rsa-small", rsa: small)}},
            {{_realm.EcKey("ec-384").Replace("P-256", "P-384", StringComparison.Ordinal)}},{{_realm.EcKey("ec-off").Replace("\"y\":\"", "\"y\":\"A", StringComparison.Ordinal)}},{{_realm.EcKey("ec")}}]}
            """;
        await RefusedAsync(_realm.Token(_realm.Claims(Clock), "rsa-enc"));
        await RefusedAsync(TestJwt.Create(small, "rsa-small", _realm.Claims(Clock)));
        await RefusedAsync(_realm.Token(_realm.Claims(Clock), "ec-384"));
        await RefusedAsync(_realm.Token(_realm.Claims(Clock), "ec-off"));
        await TakenAsync(_realm.Token(_realm.Claims(Clock), "ec"));
    }

    [Fact]
    public async Task RealmToken_OwnTokenAndRealmKey_AreNotMixed()
    {
        // The realm's key signs a token in our name: its kid is not in our set.
        var claims = _realm.Claims(Clock);
        claims["iss"] = "hauth:orchestrator";
        claims["aud"] = "hauth:pairing";
        claims["tenantId"] = _realm.TenantId;
        claims["userId"] = Guid.NewGuid();
        await RefusedAsync(_realm.Token(claims, "ec"));
    }

    [Fact]
    public async Task RealmKeys_AreKeptForTenMinutes()
    {
        await TakenAsync(_realm.Token(_realm.Claims(Clock)));
        Clock.Advance(TimeSpan.FromMinutes(10) - TimeSpan.FromSeconds(1));
        await TakenAsync(_realm.Token(_realm.Claims(Clock)));
        Assert.Equal(1, _realm.Fetches);
        Clock.Advance(TimeSpan.FromSeconds(1));
        await TakenAsync(_realm.Token(_realm.Claims(Clock)));
        Assert.Equal(2, _realm.Fetches);
    }

    [Fact]
    public async Task RealmKeys_UnknownKeyId_IsFetchedAtMostEvery30Seconds()
    {
        await TakenAsync(_realm.Token(_realm.Claims(Clock)));
        _realm.KeySet = $$"""{"keys":[{{_realm.RsaKey("rsa2")}}]}""";
        var rotated = _realm.Token(_realm.Claims(Clock), "rsa2");

        Clock.Advance(TimeSpan.FromSeconds(29));
        await RefusedAsync(rotated);
        Assert.Equal(1, _realm.Fetches);

        Clock.Advance(TimeSpan.FromSeconds(1));
        await TakenAsync(rotated);
        Assert.Equal(2, _realm.Fetches);
        for (var i = 0; i < 5; i++)
        {
            await RefusedAsync(_realm.Token(_realm.Claims(Clock), "rsa"));
        }

        Assert.Equal(2, _realm.Fetches);
    }

    [Theory]
    [InlineData(500, "{}")]
    [InlineData(200, "not json")]
    [InlineData(200, "[]")]
    [InlineData(200, null)] // larger than a key set may be
    public async Task RealmKeys_Outage_KeepsTheKnownKeys(int status, string? keySet)
    {
        await TakenAsync(_realm.Token(_realm.Claims(Clock)));
        _realm.Status = status;
        _realm.KeySet = keySet ?? $$"""{"keys":[],"pad":"{{new string('x', 300_000)}}"}""";
        Clock.Advance(TimeSpan.FromHours(2));

        await TakenAsync(_realm.Token(_realm.Claims(Clock)));
        await RefusedAsync(_realm.Token(_realm.Claims(Clock), "rsa2"));
    }

    [Fact]
    public async Task RealmKeys_NeverReached_IsAnOutageAndNotABadToken()
    {
        await using var app = await PairingApp.StartAsync(_realm.Settings(), new FakeClock(), sameServersAs: _app);
        _realm.Status = 503;
        using var response = await _phone.PostInitAsync(_realm.Token(_realm.Claims(app.Clock)), client: app.Client);
        await response.AssertProblemAsync(503, "Service unavailable", "service_unavailable");
        Assert.NotNull(response.Headers.RetryAfter);

        _realm.Status = 200;
        app.FakeClock.Advance(TimeSpan.FromSeconds(1)); // while there are none, it is tried again soon
        using var taken = await _phone.PostInitAsync(_realm.Token(_realm.Claims(app.Clock)), client: app.Client);
        Assert.Equal(HttpStatusCode.OK, taken.StatusCode);
    }

    [Fact]
    public async Task RealmKeys_WhoeverAskedGivesUp_TheOthersHaveThemAllTheSame()
    {
        await using var app = await PairingApp.StartAsync(_realm.Settings(), new FakeClock(), sameServersAs: _app);
        var answer = new TaskCompletionSource();
        _realm.Before = answer.Task;
        using var impatient = app.CreateClient();
        var asking = _phone.PostInitAsync(_realm.Token(_realm.Claims(app.Clock)), client: impatient);
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (_realm.Fetches == 0)
        {
            await Task.Delay(10, limit.Token);
        }

        impatient.CancelPendingRequests();
        answer.SetResult();
        await Record.ExceptionAsync(() => asking);

        // No time has passed: there is no second fetch.
        using var taken = await _phone.PostInitAsync(_realm.Token(_realm.Claims(app.Clock)), client: app.Client);
        Assert.Equal(HttpStatusCode.OK, taken.StatusCode);
        Assert.Equal(1, _realm.Fetches);
    }

    [Fact]
    public async Task RealmKeys_Redirect_IsNotFollowed()
    {
        await using var other = await TestRealm.StartAsync();
        await using var app = await PairingApp.StartAsync(_realm.Settings(), new FakeClock(), sameServersAs: _app);
        _realm.Status = 302;
        _realm.Location = other.Address;
        using var response = await _phone.PostInitAsync(_realm.Token(_realm.Claims(app.Clock)), client: app.Client);
        await response.AssertProblemAsync(503, "Service unavailable", "service_unavailable");
        Assert.Equal(0, other.Fetches);
    }

    [Fact]
    public async Task RealmToken_SameJtiAgain_RejectedAlsoAfterRedisHasLostEverything()
    {
        var jti = Guid.NewGuid();
        var jwt = _realm.Token(_realm.Claims(Clock, jti));
        await _phone.InitAsync(jwt);
        using var second = await _phone.PostInitAsync(jwt);
        await second.AssertUnavailableAsync("pairing_already_initialized");

        await _app.LoseStateAsync(jti);
        using var third = await _phone.PostInitAsync(jwt);
        await third.AssertUnavailableAsync("pairing_not_found_or_expired");
        Assert.Equal(["PairingInitialized"], await _app.EventsOfAsync(jti));
    }

    [Fact]
    public async Task RealmToken_SameJtiInANewToken_IsGoodAgainTenMinutesAfterTheFirstOnesEnd()
    {
        var (jti, user) = (Guid.NewGuid(), Guid.NewGuid());
        await _phone.InitAsync(_realm.Token(_realm.Claims(Clock, jti, user, lifetime: 60)));
        await _app.LoseStateAsync(jti);

        Clock.Advance(TimeSpan.FromSeconds(60 + 600 - 1));
        using var early = await _phone.PostInitAsync(_realm.Token(_realm.Claims(Clock, jti, user)));
        await early.AssertUnavailableAsync("pairing_not_found_or_expired");
        Clock.Advance(TimeSpan.FromSeconds(1));
        await TakenAsync(_realm.Token(_realm.Claims(Clock, jti, user)));
    }

    [Fact]
    public async Task RealmToken_LinkedJti_IsNeverGoodAgain()
    {
        var (jti, user) = (Guid.NewGuid(), Guid.NewGuid());
        var jwt = _realm.Token(_realm.Claims(Clock, jti, user));
        var nonce = await _phone.InitAsync(jwt);
        using var complete = await _phone.PostCompleteAsync(jwt, nonce);
        await _app.LoseStateAsync(jti);
        await _app.CountAsync("DELETE FROM realm_token_seen WHERE jti = @jti RETURNING 1", new { jti });
        Clock.Advance(TimeSpan.FromDays(2));

        using var response = await _phone.PostInitAsync(_realm.Token(_realm.Claims(Clock, jti, user)));

        await response.AssertUnavailableAsync("pairing_not_found_or_expired");
    }

    [Fact]
    public async Task RealmToken_InParallel_OneInitSucceeds()
    {
        var jti = Guid.NewGuid();
        var jwt = _realm.Token(_realm.Claims(Clock, jti));
        var responses = await Task.WhenAll(Enumerable.Range(0, 30).Select(_ => _phone.PostInitAsync(jwt)));
        Assert.Single(responses, response => response.StatusCode == HttpStatusCode.OK);
        foreach (var response in responses.Where(response => response.StatusCode != HttpStatusCode.OK))
        {
            // A machine that has no time for it may say "try again", which is no answer yet.
            using var answer = response.StatusCode == HttpStatusCode.ServiceUnavailable ? await _phone.PostInitAsync(jwt) : response;
            Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        }

        Assert.Equal(["PairingInitialized"], await _app.EventsOfAsync(jti));
    }

    [Fact]
    public async Task RealmToken_TwoPairingsOfOneUser_SecondCompleteIsDenied()
    {
        var user = Guid.NewGuid();
        var (firstJti, secondJti) = (Guid.NewGuid(), Guid.NewGuid());
        var (first, second) = (_realm.Token(_realm.Claims(Clock, firstJti, user)), _realm.Token(_realm.Claims(Clock, secondJti, user)));
        var (firstNonce, secondNonce) = (await _phone.InitAsync(first), await _phone.InitAsync(second));

        using var linked = await _phone.PostCompleteAsync(first, firstNonce);
        using var refused = await _phone.PostCompleteAsync(second, secondNonce);

        Assert.Equal(HttpStatusCode.NoContent, linked.StatusCode);
        await refused.AssertUnavailableAsync("user_already_paired");
        Assert.Equal(["PairingInitialized", "PairingDenied"], await _app.EventsOfAsync(secondJti));
    }

    [Fact]
    public async Task RealmToken_ForAJtiOfAnotherTenant_RejectedAsMismatch()
    {
        var pairing = await (await _app.CreateTenantAsync()).CreatePairingAsync();
        using var response = await _phone.PostInitAsync(_realm.Token(_realm.Claims(Clock, pairing.Jti, pairing.UserId)));
        await response.AssertUnavailableAsync("tenant_mismatch");
        Assert.Equal(("CREATED", "created"), await pairing.StatusAsync());
    }

    private async Task TakenAsync(string jwt)
    {
        using var response = await _phone.PostInitAsync(jwt);
        Assert.True(response.StatusCode == HttpStatusCode.OK, await response.Content.ReadAsStringAsync());
    }

    private async Task RefusedAsync(string jwt)
    {
        using var response = await _phone.PostInitAsync(jwt);
        await response.AssertProblemAsync(401, "Unauthorized", "invalid_token");
    }

    public void Dispose() => _phone.Dispose();

    public sealed class AppWithRealm : IAsyncLifetime
    {
        public TestRealm Realm { get; private set; } = null!;

        public PairingApp App { get; private set; } = null!;

        public async ValueTask InitializeAsync()
        {
            Realm = await TestRealm.StartAsync();
            App = await PairingApp.StartAsync(Realm.Settings("RS256", "ES256", "PS256"), new FakeClock());
        }

        public async ValueTask DisposeAsync()
        {
            await App.DisposeAsync();
            await Realm.DisposeAsync();
        }
    }
}
