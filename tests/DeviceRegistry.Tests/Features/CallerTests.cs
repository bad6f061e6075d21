using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using DeviceRegistry.Domain;
using DeviceRegistry.Tests.Infrastructure;
using TestSupport;

namespace DeviceRegistry.Tests.Features;

/// <summary>Who calls (contract §1.2): where the token comes from, what is verified, what its claims mean.</summary>
public sealed class CallerTests(RegistryApp app)
{
    [Theory]
    [InlineData("Bearer {0}")]
    [InlineData("bearer {0}")]
    [InlineData("BEARER   {0}")]
    [InlineData("{0}")] // what the generated client sends
    public async Task Token_InAuthorization_IsFound(string form)
    {
        var group = await app.CreateGroupAsync();
        using var response = await SendAsync(group, HttpMethod.Get, authorization: form.Replace("{0}", group.MemberByClaim().Token(), StringComparison.Ordinal));
        await response.AssertJsonAsync(HttpStatusCode.OK);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("Bearer")]
    [InlineData("Bearer ")]
    [InlineData("Basic YTpi")]
    [InlineData("Bearer not.a.token")]
    [InlineData("a.b.c")]
    public async Task Token_MissingOrNone_Unauthorized(string? authorization)
    {
        var group = await app.CreateGroupAsync();
        using var response = await SendAsync(group, HttpMethod.Get, authorization);
        await response.AssertProblemAsync(401, "UNAUTHORIZED");
    }

    [Fact]
    public async Task Token_InTheCookie_ForGetOnly()
    {
        var group = await app.CreateGroupAsync();
        var cookie = $"other=1; loopToken={group.MemberByClaim().Token()}";
        using var get = await SendAsync(group, HttpMethod.Get, cookie: cookie);
        await get.AssertJsonAsync(HttpStatusCode.OK);
        using var empty = await SendAsync(group, HttpMethod.Get, authorization: "", cookie: cookie);
        await empty.AssertJsonAsync(HttpStatusCode.OK);
        using var post = await SendAsync(group, HttpMethod.Post, cookie: cookie);
        await post.AssertProblemAsync(401, "UNAUTHORIZED");
        // The header goes first: a bad token is not mended by a cookie.
        using var bad = await SendAsync(group, HttpMethod.Get, authorization: "Bearer a.b.c", cookie: cookie);
        await bad.AssertProblemAsync(401, "UNAUTHORIZED");
    }

    [Fact]
    public async Task Token_TwoHeaders_Unauthorized()
    {
        var group = await app.CreateGroupAsync();
        using var request = new HttpRequestMessage(HttpMethod.Get, $"{group.Realm}/devices");
        var token = $"Bearer {group.MemberByClaim().Token()}";
        request.Headers.TryAddWithoutValidation("Authorization", [token, token]);
        using var response = await app.Client.SendAsync(request, TestContext.Current.CancellationToken);
        await response.AssertProblemAsync(401, "UNAUTHORIZED");
    }

    public static TheoryData<string, Action<IDictionary<string, object?>, long>> BadClaims => new()
    {
        { "unknown issuer", (claims, _) => claims["iss"] = "https://elsewhere.example" },
        { "issuer with a slash more", (claims, _) => claims["iss"] = claims["iss"] + "/" },
        { "no issuer", (claims, _) => claims.Remove("iss") },
        { "other audience", (claims, _) => claims["aud"] = "Platform" },
        { "audience list without us", (claims, _) => claims["aud"] = new[] { "a", "b" } },
        { "audience list with a number", (claims, _) => claims["aud"] = new object[] { "platform", 1 } },
        { "no audience", (claims, _) => claims.Remove("aud") },
        { "no expiry", (claims, _) => claims.Remove("exp") },
        { "expiry as text", (claims, now) => claims["exp"] = $"{now + 60}" },
        { "expired", (claims, now) => claims["exp"] = now - 31 },
        { "not yet valid", (claims, now) => claims["nbf"] = now + 35 },
        { "from the future", (claims, now) => claims["iat"] = now + 35 },
        { "nbf as text", (claims, now) => claims["nbf"] = $"{now}" },
        { "nobody", (claims, _) => claims.Remove("sub") },
        { "empty subject", (claims, _) => claims["sub"] = "" },
        { "subject is a number", (claims, _) => claims["sub"] = 5 },
        { "subject too long", (claims, _) => claims["sub"] = new string('a', 256) },
        { "two different names", (claims, _) => claims["user"] = new { identity = "somebody-else" } },
        { "second name is no text", (claims, _) => claims["user"] = new { identity = 5 } },
    };

    [Theory]
    [MemberData(nameof(BadClaims))]
    public async Task Token_ClaimsNotAcceptable_Unauthorized(string what, Action<IDictionary<string, object?>, long> change)
    {
        Assert.NotEmpty(what);
        var group = await app.CreateGroupAsync();
        var claims = MemberClaims(group);
        change(claims, DateTimeOffset.UtcNow.ToUnixTimeSeconds());
        using var response = await SendAsync(group, HttpMethod.Get, $"Bearer {app.Issuer.Sign(claims)}");
        await response.AssertProblemAsync(401, "UNAUTHORIZED");
    }

    public static TheoryData<string, Action<IDictionary<string, object?>, long>> GoodClaims => new()
    {
        { "audience list", (claims, _) => claims["aud"] = new[] { "other", "platform" } },
        { "expired within the leeway", (claims, now) => claims["exp"] = now - 20 },
        { "nbf within the leeway", (claims, now) => claims["nbf"] = now + 20 },
        { "fractional times", (claims, now) => claims["exp"] = now + 60.5 },
        { "no iat", (claims, _) => claims.Remove("iat") },
        { "a far end", (claims, _) => claims["exp"] = 1e15 },
        { "name in user only", (claims, _) => { claims.Remove("sub"); claims["user"] = new { identity = "somebody", groups = claims["groups"] }; } },
        { "both names the same", (claims, _) => claims["user"] = new { identity = claims["sub"], groups = claims["groups"] } },
    };

    [Theory]
    [MemberData(nameof(GoodClaims))]
    public async Task Token_ClaimsAcceptable_Verified(string what, Action<IDictionary<string, object?>, long> change)
    {
        Assert.NotEmpty(what);
        var group = await app.CreateGroupAsync();
        var claims = MemberClaims(group);
        change(claims, DateTimeOffset.UtcNow.ToUnixTimeSeconds());
        using var response = await SendAsync(group, HttpMethod.Get, $"Bearer {app.Issuer.Sign(claims)}");
        await response.AssertJsonAsync(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Token_HeaderOrSignatureNotAcceptable_Unauthorized()
    {
        var group = await app.CreateGroupAsync();
        var claims = MemberClaims(group);
        using var stranger = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var good = app.Issuer.Sign(claims);
        var parts = good.Split('.');
        string[] bad =
        [
            TestJwt.Create(stranger, "ec", claims),
            TestJwt.Create(app.Issuer.Ec, null, claims),
            TestJwt.Create(app.Issuer.Ec, "unknown", claims),
            TestJwt.Create(app.Issuer.Ec, "rsa", claims),
            TestJwt.Create(app.Issuer.Rsa, "ec", claims),
            app.Issuer.Sign(claims, "ec", "none"),
            app.Issuer.Sign(claims, "rsa", "HS256"),
            app.Issuer.Sign(claims, "rsa", "RS384"),
            app.Issuer.Sign(claims, moreHeader: ",\"crit\":[\"x\"],\"x\":1"),
            app.Issuer.Sign(claims, moreHeader: ",\"typ\":\"logout+jwt\""),
            app.Issuer.Sign(claims, moreHeader: ",\"alg\":\"ES256\""), // twice
            app.Issuer.Sign(claims, moreHeader: ",\"\\ud800\":1"),
            $"{parts[0]}.{parts[1]}.",
            $"{parts[0]}.{parts[1]}",
            $"{good}.x",
            good[..^2],
            good + new string('A', 16 * 1024),
        ];
        foreach (var token in bad)
        {
            using var response = await SendAsync(group, HttpMethod.Get, $"Bearer {token}");
            await response.AssertProblemAsync(401, "UNAUTHORIZED");
        }

        // A key that the token brings along is not looked at.
        var embedded = TestJwt.Create(stranger, "ec", claims, moreHeader: $",\"jwk\":{app.Issuer.EcKey("ec", stranger)},\"jku\":\"https://evil.example\"");
        using var own = await SendAsync(group, HttpMethod.Get, $"Bearer {embedded}");
        await own.AssertProblemAsync(401, "UNAUTHORIZED");
    }

    [Theory]
    [InlineData("ec", null)]
    [InlineData("rsa", "RS256")]
    [InlineData("rsa", "PS256")]
    public async Task Token_AllowedAlgorithms_Verified(string key, string? algorithm)
    {
        var group = await app.CreateGroupAsync();
        using var response = await SendAsync(group, HttpMethod.Get, $"Bearer {app.Issuer.Sign(MemberClaims(group), key, algorithm, ",\"typ\":\"at+jwt\"")}");
        await response.AssertJsonAsync(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Token_IssuerRotatesItsKeys_FetchedAtMostEveryThirtySeconds()
    {
        await using var clocked = await RegistryApp.StartAsync(clock: new FakeClock());
        var group = await clocked.CreateGroupAsync();
        using var next = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var claims = clocked.Issuer.Claims("somebody", clocked.Clock);
        claims["groups"] = new[] { group.Name };
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(clocked, group, clocked.Issuer.Sign(claims)));
        var fetches = clocked.Issuer.Fetches;

        clocked.Issuer.KeySet = $$"""{"keys":[{{clocked.Issuer.EcKey("next", next)}}]}""";
        for (var i = 0; i < 5; i++)
        {
            Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(clocked, group, TestJwt.Create(next, "next", claims)));
        }

        Assert.Equal(fetches, clocked.Issuer.Fetches);
        clocked.FakeClock.Advance(TimeSpan.FromSeconds(30));
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(clocked, group, TestJwt.Create(next, "next", claims)));
        Assert.Equal(fetches + 1, clocked.Issuer.Fetches);
        // The key that is gone does not count any longer than a verified token is remembered.
        clocked.FakeClock.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(clocked, group, clocked.Issuer.Sign(claims)));
    }

    [Fact]
    public async Task Token_RememberedOne_EndsWithItsTime()
    {
        await using var clocked = await RegistryApp.StartAsync(clock: new FakeClock());
        var group = await clocked.CreateGroupAsync();
        var token = (clocked.User() with { Groups = [group.Name] }).Token(lifetime: 10);
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(clocked, group, token));
        clocked.FakeClock.Advance(TimeSpan.FromSeconds(39));
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(clocked, group, token));
        clocked.FakeClock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(clocked, group, token));
    }

    [Fact]
    public async Task Token_IssuerNeverReached_Unavailable()
    {
        await using var issuer = await TestIssuer.StartAsync();
        issuer.Status = 500;
        await using var other = await RegistryApp.StartAsync(issuer.Settings(1));
        var group = await other.CreateGroupAsync();
        var claims = issuer.Claims("somebody", other.Clock);
        using var request = new HttpRequestMessage(HttpMethod.Get, $"{group.Realm}/devices");
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", issuer.Sign(claims));
        using var response = await other.Client.SendAsync(request, TestContext.Current.CancellationToken);
        await response.AssertProblemAsync(503, "SERVICE_UNAVAILABLE");
        Assert.NotNull(response.Headers.RetryAfter);
    }

    /// <summary>Keys are fetched for everybody: a caller who does not wait for them takes them from nobody.</summary>
    [Fact]
    public async Task Token_CallerLeavesWhileItsKeyIsFetched_TheNextOneIsVerified()
    {
        await using var issuer = await TestIssuer.StartAsync();
        await using var other = await RegistryApp.StartAsync(issuer.Settings(1), new FakeClock());
        var group = await other.CreateGroupAsync();
        var claims = issuer.Claims("somebody", other.Clock);
        claims["groups"] = new[] { group.Name };
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(other, group, issuer.Sign(claims)));

        // A new key. Whoever uses it first goes away in the middle.
        using var next = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        issuer.KeySet = $$"""{"keys":[{{issuer.EcKey("next", next)}}]}""";
        var answering = new TaskCompletionSource();
        issuer.Ready = answering.Task;
        other.FakeClock.Advance(TimeSpan.FromSeconds(30));
        var fetches = issuer.Fetches;
        var token = TestJwt.Create(next, "next", claims);
        using var patience = new CancellationTokenSource();
        using var request = new HttpRequestMessage(HttpMethod.Get, $"{group.Realm}/devices");
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        var leaving = other.Client.SendAsync(request, patience.Token);
        await Eventually.IsTrueAsync(() => Task.FromResult(issuer.Fetches > fetches), "The key was not asked for");
        await patience.CancelAsync();

        var staying = StatusAsync(other, group, token);
        answering.SetResult();

        Assert.Equal(HttpStatusCode.OK, await staying);
        Assert.Equal(fetches + 1, issuer.Fetches);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => leaving);
    }

    /// <summary>What the issuer has verified is the address beside its word; one in <c>user</c> the user may have written himself.</summary>
    [Fact]
    public async Task Token_AddressInUserIsNotTheVerifiedOne_TheVerifiedOneCounts()
    {
        var group = await app.CreateGroupAsync();
        var (mine, invited) = ($"{Guid.NewGuid():N}@example.org", $"{Guid.NewGuid():N}@example.org");
        await InviteAsync(group, invited);
        var claims = app.Issuer.Claims($"user-{Guid.NewGuid():N}", app.Clock);
        claims["email"] = mine;
        claims["email_verified"] = true;
        claims["user"] = new { email = invited };
        Assert.Equal(HttpStatusCode.Forbidden, await StatusAsync(app, group, app.Issuer.Sign(claims)));
        await InviteAsync(group, mine);
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(app, group, app.Issuer.Sign(claims)));
    }

    [Fact]
    public async Task Token_AddressThatCannotBeLookedUp_IsNone()
    {
        var group = await app.CreateGroupAsync();
        var claims = MemberClaims(group);
        claims["email"] = "a\0b@example.org";
        claims["email_verified"] = true;
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(app, group, app.Issuer.Sign(claims)));
    }

    [Fact]
    public async Task Token_OfAnIssuerWithPrefix_IsAnotherIdentity()
    {
        await using var issuer = await TestIssuer.StartAsync();
        var settings = new Dictionary<string, string?>(issuer.Settings(1), StringComparer.Ordinal) { ["DeviceRegistry:Issuers:1:IdentityPrefix"] = "kc:" };
        await using var other = await RegistryApp.StartAsync(settings);
        var group = await other.CreateGroupAsync();
        await other.ExecuteAsync("INSERT INTO group_members (group_id, identity, state, created_at, updated_at) VALUES (@Id, 'kc:42', 'active', now(), now())", new { group.Id });
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(other, group, issuer.Sign(issuer.Claims("42", other.Clock))));
        Assert.Equal(HttpStatusCode.Forbidden, await StatusAsync(other, group, other.Issuer.Sign(other.Issuer.Claims("42", other.Clock))));
    }

    [Fact]
    public async Task Token_OfARevokedSession_UnauthorizedAtOnce()
    {
        var group = await app.CreateGroupAsync();
        var session = Guid.NewGuid().ToString("N");
        var token = (group.MemberByClaim() with { SessionId = session }).Token();
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(app, group, token));
        app.Get<RevokedSessions>().Revoke(session, DateTimeOffset.UtcNow + RevokedSessions.Memory);
        Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(app, group, token));
    }

    [Fact]
    public async Task Membership_RowDecidesBeforeTheClaim()
    {
        var group = await app.CreateGroupAsync();
        var removed = await group.AddAdministratorAsync() with { Groups = [group.Name], AdministeredGroups = [group.Name] };
        using var before = await removed.DeleteAsync($"{group.Admin}/secrets");
        await before.AssertNoContentAsync();
        await group.RemoveSilentlyAsync(removed);
        using var read = await removed.GetAsync($"{group.Realm}/devices");
        await read.AssertProblemAsync(403, "FORBIDDEN");
        using var administer = await removed.DeleteAsync($"{group.Admin}/secrets");
        await administer.AssertProblemAsync(403, "FORBIDDEN");
        // A member by row without the role is no administrator, although his token says so.
        var member = await group.AddMemberAsync() with { AdministeredGroups = [group.Name] };
        using var claimed = await member.DeleteAsync($"{group.Admin}/secrets");
        await claimed.AssertProblemAsync(403, "FORBIDDEN");
    }

    [Fact]
    public async Task Membership_GroupRoleClaim_AdministersThatGroupOnly()
    {
        var (one, other) = (await app.CreateGroupAsync(), await app.CreateGroupAsync());
        var administrator = app.User() with { AdministeredGroups = [one.Name] };
        using var allowed = await administrator.DeleteAsync($"{one.Admin}/secrets");
        await allowed.AssertNoContentAsync();
        using var refused = await administrator.DeleteAsync($"{other.Admin}/secrets");
        await refused.AssertProblemAsync(403, "FORBIDDEN");
    }

    [Fact]
    public async Task Membership_ClaimsWithoutUserObject_AreRead()
    {
        var group = await app.CreateGroupAsync();
        var claims = app.Issuer.Claims("somebody", app.Clock);
        claims["groups"] = new[] { group.Name };
        claims["groupRoles"] = new object[] { new { group = group.Name, role = "group-admin", user = "x" }, 5, new { role = "group-admin" } };
        using var request = new HttpRequestMessage(HttpMethod.Delete, $"{group.Admin}/secrets");
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", app.Issuer.Sign(claims));
        using var response = await app.Client.SendAsync(request, TestContext.Current.CancellationToken);
        await response.AssertNoContentAsync();
        // With a user object, what stands beside it does not count.
        claims["user"] = new { identity = "somebody" };
        Assert.Equal(HttpStatusCode.Forbidden, await StatusAsync(app, group, app.Issuer.Sign(claims)));
    }

    [Theory]
    [InlineData("admin")]
    [InlineData("sysadmin")]
    public async Task GlobalAdministrator_ReadsEverywhereAndAdministersEverywhere(string role)
    {
        using var scene = await Scene.CreateAsync(app);
        var administrator = app.User() with { Roles = [role] };
        using var read = await administrator.GetAsync($"{scene.Group.Realm}/devices");
        await read.AssertJsonAsync(HttpStatusCode.OK);
        using var write = await administrator.PostAsync($"{scene.Group.Realm}/devices/key-requests", new { requestingDeviceId = scene.First.Id });
        await write.AssertProblemAsync(403, "FORBIDDEN");
        await scene.RevokeAsync(await scene.RegisterAsync());
        using var delete = await administrator.DeleteAsync($"{scene.Group.Admin}/devices/{scene.First.Id}");
        await delete.AssertNoContentAsync();
    }

    [Theory]
    [InlineData("Admin")]
    [InlineData("group-admin")]
    [InlineData("user")]
    public async Task OtherRoles_AreNoGlobalAdministrators(string role)
    {
        var group = await app.CreateGroupAsync();
        using var response = await (app.User() with { Roles = [role] }).GetAsync($"{group.Realm}/devices");
        await response.AssertProblemAsync(403, "FORBIDDEN");
    }

    private Task InviteAsync(TestGroup group, string email) => app.ExecuteAsync(
        "INSERT INTO group_members (group_id, email, state, created_at, updated_at) VALUES (@Id, @email, 'active', now(), now())", new { group.Id, email });

    private IDictionary<string, object?> MemberClaims(TestGroup group)
    {
        var claims = app.Issuer.Claims("somebody", app.Clock);
        claims["groups"] = new[] { group.Name };
        return claims;
    }

    private static async Task<HttpStatusCode> StatusAsync(RegistryApp app, TestGroup group, string token)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"{group.Realm}/devices");
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        using var response = await app.Client.SendAsync(request);
        return response.StatusCode;
    }

    private async Task<HttpResponseMessage> SendAsync(TestGroup group, HttpMethod method, string? authorization = null, string? cookie = null)
    {
        using var request = new HttpRequestMessage(method, $"{group.Realm}/devices");
        if (authorization is not null)
        {
            request.Headers.TryAddWithoutValidation("Authorization", authorization);
        }

        if (cookie is not null)
        {
            request.Headers.TryAddWithoutValidation("Cookie", cookie);
        }

        return await app.CreateClient().SendAsync(request);
    }
}
