using System.Text.Json;
using System.Text.Json.Nodes;
using IdentityAuth.Tests.Infrastructure;
using IdentitySimulator;
using TestSupport;

namespace IdentityAuth.Tests.Features;

public sealed class CompleteSsoTests(SsoApp sso) : IClassFixture<SsoApp>
{
    private static int last;

    private readonly string _subject = $"subject-{Interlocked.Increment(ref last)}-{Guid.NewGuid():N}";

    public static TheoryData<string, OidcProvider.Misbehaviour> BadTokens => new()
    {
        { "signed by a stranger", new() { SignedByStranger = true } },
        { "another issuer", new() { TokenIssuer = "https://evil.example" } },
        { "another audience", new() { Audience = "somebody-else" } },
        { "another nonce", new() { Nonce = "n" } },
        { "no nonce", new() { LeftOut = ["nonce"] } },
        { "no subject", new() { LeftOut = ["sub"] } },
        { "no expiry", new() { LeftOut = ["exp"] } },
        { "expired eleven seconds ago", new() { ClockAhead = TimeSpan.FromSeconds(-311) } },
        { "issued in the future", new() { ClockAhead = TimeSpan.FromSeconds(60) } },
        { "unsigned", new() { Algorithm = "none" } },
        { "signed with the public key as a secret", new() { Algorithm = "HS256" } },
        { "an unknown key", new() { TokenKeyId = "another" } },
    };

    private OidcProvider.Person Ada => new(_subject, $"{_subject}@company.example", Name: "Ada Lovelace");

    [Fact]
    public async Task CompleteSso_NewPerson_HasAnAccountWithoutPassword()
    {
        using var response = await sso.SignInAsync(Ada, "/channels?x=1#y");

        var body = await response.JsonAsync(200);
        Assert.Equal("/channels?x=1#y", body.Text("redirect_to"));
        using var answer = await sso.Client.GetAsync("/v1/users/@me", body.Text("token"));
        var me = await answer.JsonAsync(200);
        Assert.Equal((Ada.Email, true, "Ada Lovelace", "Ada_Lovelace"), (me.Text("email"), me.GetProperty("verified").GetBoolean(), me.Text("global_name"), me.Text("username")));
        Assert.Equal(["sso"], me.GetProperty("traits").EnumerateArray().Select(trait => trait.GetString()));
        Assert.Equal(JsonValueKind.Null, me.GetProperty("password_last_changed_at").ValueKind);
        Assert.Contains("\"sso\"", Assert.Single(await sso.App.EventBodiesAsync("SessionCreated", body.Text("user_id"))).GetRawText(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task CompleteSso_SamePersonWithAnotherAddress_HasTheSameAccount()
    {
        using var first = await sso.SignInAsync(Ada);
        using var second = await sso.SignInAsync(Ada with { Email = $"new-{_subject}@company.example", EmailVerified = false });

        Assert.Equal((await first.JsonAsync(200)).Text("user_id"), (await second.JsonAsync(200)).Text("user_id"));
    }

    [Fact]
    public async Task CompleteSso_UnverifiedNewPerson_HasAnUnverifiedAddress()
    {
        using var response = await sso.SignInAsync(Ada with { EmailVerified = null, Name = null });

        using var answer = await sso.Client.GetAsync("/v1/users/@me", (await response.JsonAsync(200)).Text("token"));
        Assert.False((await answer.JsonAsync(200)).GetProperty("verified").GetBoolean());
    }

    [Fact]
    public async Task CompleteSso_KnownVerifiedAddress_IsLinkedAndKeepsItsPassword()
    {
        var account = await sso.Client.RegisterAsync(Ada.Email!.ToUpperInvariant());
        await sso.App.ChangeUserAsync(account.Id, "email_verified = true");

        using var response = await sso.SignInAsync(Ada);

        Assert.Equal(account.Id, (await response.JsonAsync(200)).Text("user_id"));
        Assert.True(await sso.Client.IsAliveAsync(account.Token));
        using var login = await sso.Client.LoginAsync(account.Email, account.Password);
        await login.JsonAsync(200);
    }

    [Fact]
    public async Task CompleteSso_KnownAddressThatNobodyVerified_GoesToItsOwnerAlone()
    {
        // Somebody registered with an address that is not his, and waits for its owner.
        var squatter = await sso.Client.RegisterAsync(Ada.Email);
        await sso.App.ChangeUserAsync(squatter.Id, "authenticators = 5, phone = '+49' || id");

        using var response = await sso.SignInAsync(Ada);

        var body = await response.JsonAsync(200);
        Assert.Equal(squatter.Id, body.Text("user_id"));
        Assert.Equal(["factor_removed phone", "factor_removed totp", "factor_removed webauthn", "password_changed sso_linked"], await LossesAsync(squatter));
        Assert.False(await sso.Client.IsAliveAsync(squatter.Token));
        Assert.True(await sso.Client.IsAliveAsync(body.Text("token")));
        using var login = await sso.Client.LoginAsync(squatter.Email, squatter.Password);
        await login.AssertFieldsAsync("email=INVALID_EMAIL_OR_PASSWORD", "password=INVALID_EMAIL_OR_PASSWORD");
        Assert.Single(await sso.App.EventBodiesAsync("SessionsRevoked", squatter.Id));
    }

    private async Task<IEnumerable<string>> LossesAsync(TestAccount account)
    {
        await using var connection = new Npgsql.NpgsqlConnection(sso.App.Database);
        return await Dapper.SqlMapper.QueryAsync<string>(
            connection,
            "SELECT action || ' ' || detail FROM audit_log WHERE user_id = @id AND action IN ('factor_removed', 'password_changed') ORDER BY 1",
            new { id = long.Parse(account.Id, null) });
    }

    [Fact]
    public async Task CompleteSso_AddressThatSomebodyElseWasLinkedTo_GoesToItsOwnerAlone()
    {
        // The provider let somebody have an address that it did not verify, and its owner comes later.
        var squatter = Ada with { Subject = $"other-{_subject}", EmailVerified = false };
        using var first = await sso.SignInAsync(squatter);
        var userId = (await first.JsonAsync(200)).Text("user_id");

        using var owner = await sso.SignInAsync(Ada);
        using var again = await sso.SignInAsync(squatter);

        Assert.Equal(userId, (await owner.JsonAsync(200)).Text("user_id"));
        await again.AssertProblemAsync(403, "EMAIL_VERIFICATION_REQUIRED");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(null)]
    public async Task CompleteSso_KnownAddressThatTheProviderDidNotVerify_IsRefused(bool? verified)
    {
        sso.Client.Address = TestClient.NewAddress();
        var account = await sso.Client.RegisterAsync(Ada.Email);

        using var response = await sso.SignInAsync(Ada with { EmailVerified = verified });

        await response.AssertProblemAsync(403, "EMAIL_VERIFICATION_REQUIRED");
        Assert.Equal(1, await sso.App.CountAsync("SELECT count(*) FROM audit_log WHERE detail = 'unverified' AND user_id IS NULL AND ip = @ip", new { ip = sso.Client.Address }));
        Assert.Equal(0, await sso.App.CountAsync("SELECT count(*) FROM sso_links WHERE user_id = @Id", new { Id = long.Parse(account.Id, null) }));
    }

    [Fact]
    public async Task CompleteSso_SecondFactorAndNewAddress_DoNotMatter()
    {
        var account = await sso.Client.RegisterAsync(Ada.Email);
        await sso.App.ChangeUserAsync(account.Id, "email_verified = true, authenticators = 1");
        sso.Client.Address = TestClient.NewAddress();

        using var response = await sso.SignInAsync(Ada);

        Assert.Equal(account.Id, (await response.JsonAsync(200)).Text("user_id"));
    }

    [Theory]
    [InlineData("banned_until = now() + interval '1 day'", "ACCOUNT_SUSPENDED_TEMPORARILY")]
    [InlineData("flags = 1", "ACCOUNT_SUSPENDED_PERMANENTLY")]
    public async Task CompleteSso_AccountThatNobodySignsInTo_IsTold(string assignment, string code)
    {
        using var first = await sso.SignInAsync(Ada);
        var userId = (await first.JsonAsync(200)).Text("user_id");
        await sso.App.ChangeUserAsync(userId, assignment);

        using var response = await sso.SignInAsync(Ada);

        await response.AssertProblemAsync(403, code);
        Assert.Equal(1, await sso.App.CountAsync("SELECT count(*) FROM audit_log WHERE user_id = @id AND detail = 'suspended'", new { id = long.Parse(userId, null) }));
    }

    [Fact]
    public async Task CompleteSso_StateUnknownOrUsed_IsRefusedBeforeTheProviderIsAsked()
    {
        var (code, state) = await sso.AtProviderAsync(Ada);
        using var first = await sso.CompleteAsync(code, state);
        await first.JsonAsync(200);
        var asked = sso.Provider.TokenRequests;

        using var used = await sso.CompleteAsync(code, state);
        using var unknown = await sso.CompleteAsync(code, new string('0', 32));

        await used.AssertFieldsAsync("state=INVALID_FORMAT");
        await unknown.AssertFieldsAsync("state=INVALID_FORMAT");
        Assert.Equal(asked, sso.Provider.TokenRequests);
    }

    [Fact]
    public async Task CompleteSso_CodeOfAnotherSignIn_IsRefused()
    {
        // PKCE: the code was given out for another verifier.
        var (code, _) = await sso.AtProviderAsync(Ada);
        var (_, state) = await sso.AtProviderAsync(Ada);

        using var response = await sso.CompleteAsync(code, state);

        await response.AssertFieldsAsync("code=INVALID_FORMAT");
    }

    [Fact]
    public async Task CompleteSso_FailedAttempt_BurnsTheState()
    {
        var (code, state) = await sso.AtProviderAsync(Ada);
        using var wrong = await sso.CompleteAsync("wrong", state);
        using var right = await sso.CompleteAsync(code, state);

        await wrong.AssertFieldsAsync("code=INVALID_FORMAT");
        await right.AssertFieldsAsync("state=INVALID_FORMAT");
    }

    [Theory]
    [MemberData(nameof(BadTokens))]
    public async Task CompleteSso_IdTokenThatDoesNotHold_IsRefusedAndNobodyIsMade(string fault, OidcProvider.Misbehaviour behaviour)
    {
        Assert.NotEmpty(fault);
        sso.Client.Address = TestClient.NewAddress();
        var users = await sso.App.CountAsync("SELECT count(*) FROM users");
        sso.Provider.Behaviour = behaviour;
        try
        {
            using var response = await sso.SignInAsync(Ada);

            await response.AssertFieldsAsync("id_token=INVALID_FORMAT");
        }
        finally
        {
            sso.Provider.Behaviour = new();
        }

        Assert.Equal(users, await sso.App.CountAsync("SELECT count(*) FROM users"));
        Assert.Equal(
            1, await sso.App.CountAsync("SELECT count(*) FROM audit_log WHERE action = 'sign_in_failed' AND detail = 'credentials' AND ip = @ip", new { ip = sso.Client.Address }));
    }

    [Fact]
    public async Task CompleteSso_ClocksDifferByLessThanTenSeconds_SignsIn()
    {
        await using var own = await SsoApp.StartAsync(new() { ClockAhead = TimeSpan.FromSeconds(8) });

        using var response = await own.SignInAsync(Ada);

        await response.JsonAsync(200);
    }

    [Fact]
    public async Task CompleteSso_ProviderRotatesItsKey_IsFetchedAgain()
    {
        var clock = new FakeClock();
        await using var own = await SsoApp.StartAsync(null, clock);
        using var first = await own.SignInAsync(Ada);
        await first.JsonAsync(200);
        Assert.Equal(1, own.Provider.KeyRequests);

        // The first time they were asked for was some time during the start; the second is now.
        own.Provider.KeyId = "key-2";
        clock.Advance(TimeSpan.FromSeconds(10));
        using var second = await own.SignInAsync(Ada);
        await second.JsonAsync(200);
        Assert.Equal(2, own.Provider.KeyRequests);

        // Another id is asked for, but not more often than every ten seconds.
        own.Provider.KeyId = "key-3";
        clock.Advance(TimeSpan.FromSeconds(9.9));
        using var early = await own.SignInAsync(Ada);
        await early.AssertFieldsAsync("id_token=INVALID_FORMAT");
        clock.Advance(TimeSpan.FromSeconds(0.1));
        using var third = await own.SignInAsync(Ada);
        await third.JsonAsync(200);
        Assert.Equal(3, own.Provider.KeyRequests);
        Assert.Equal(1, own.Provider.Discoveries);
    }

    [Fact]
    public async Task CompleteSso_KeysAreOldAndTheProviderIsSilent_SignsInWithTheKeyThatIsKnown()
    {
        var clock = new FakeClock();
        await using var own = await SsoApp.StartAsync(null, clock);
        using var first = await own.SignInAsync(Ada);
        await first.JsonAsync(200);
        var silence = new TaskCompletionSource();
        // The ID token is of the same moment as the service's clock.
        clock.Advance(TimeSpan.FromHours(1));
        own.Provider.Behaviour = new() { KeySilence = silence.Task, ClockAhead = TimeSpan.FromHours(1) };

        using var second = await own.SignInAsync(Ada);

        await second.JsonAsync(200);
        // They are asked for anew, and the answer did not wait for them.
        await Eventually.IsTrueAsync(() => Task.FromResult(own.Provider.OpenKeyRequests == 1), "the keys are not asked for any more");
        silence.SetResult();
    }

    [Fact]
    public async Task CompleteSso_UserInfo_WinsOverTheIdToken()
    {
        await using var own = await SsoApp.StartAsync(new()
        {
            HasUserInfo = true,
            UserInfo = new JsonObject { ["sub"] = _subject, ["email"] = "other@company.example", ["email_verified"] = true, ["name"] = "Countess" },
        });

        using var response = await own.SignInAsync(Ada);

        using var answer = await own.Client.GetAsync("/v1/users/@me", (await response.JsonAsync(200)).Text("token"));
        var me = await answer.JsonAsync(200);
        Assert.Equal(("other@company.example", "Countess"), (me.Text("email"), me.Text("global_name")));
    }

    [Fact]
    public async Task CompleteSso_UserInfoOfSomebodyElse_IsRefused()
    {
        await using var own = await SsoApp.StartAsync(new()
        {
            HasUserInfo = true,
            UserInfo = new JsonObject { ["sub"] = "another", ["email"] = "victim@company.example", ["email_verified"] = true },
        });

        using var response = await own.SignInAsync(Ada);

        await response.AssertFieldsAsync("id_token=INVALID_FORMAT");
    }

    [Fact]
    public async Task CompleteSso_NoAddressOrForeignDomain_IsRefused()
    {
        await using var own = await SsoApp.StartAsync(null, ("AllowedDomains:0", "COMPANY.example"));

        using var none = await own.SignInAsync(Ada with { Email = null });
        using var foreign = await own.SignInAsync(Ada with { Email = "ada@company.example.evil.example" });
        using var malformed = await own.SignInAsync(Ada with { Email = "company.example" });
        using var allowed = await own.SignInAsync(Ada);

        await none.AssertFieldsAsync("email=INVALID_EMAIL_ADDRESS");
        await foreign.AssertFieldsAsync("email=INVALID_EMAIL_ADDRESS");
        await malformed.AssertFieldsAsync("email=INVALID_EMAIL_ADDRESS");
        await allowed.JsonAsync(200);
    }

    [Fact]
    public async Task CompleteSso_NoProvisioning_RefusesStrangersOnly()
    {
        await using var own = await SsoApp.StartAsync(null, ("AutoProvision", "false"));
        var account = await own.Client.RegisterAsync(Ada.Email);

        using var stranger = await own.SignInAsync(Ada with { Subject = "x", Email = "stranger@company.example" });
        using var known = await own.SignInAsync(Ada);

        await stranger.AssertProblemAsync(403, "SSO_REQUIRED");
        Assert.Equal(account.Id, (await known.JsonAsync(200)).Text("user_id"));
    }

    [Fact]
    public async Task CompleteSso_ProviderIsOutOfOrder_IsAnOutage()
    {
        await using var own = await SsoApp.StartAsync(new() { TokenStatus = 503 });

        using var response = await own.SignInAsync(Ada);

        await response.AssertProblemAsync(503, "SERVICE_UNAVAILABLE");
    }

    [Theory]
    [InlineData("{}", "code=INVALID_FORMAT", "state=INVALID_FORMAT")]
    [InlineData("""{"code":"","state":1}""", "code=INVALID_FORMAT", "state=INVALID_FORMAT")]
    public async Task CompleteSso_BadBody_IsRefused(string body, params string[] errors)
    {
        using var response = await sso.Client.PostAsync("/v1/auth/sso/complete", body);

        await response.AssertFieldsAsync(errors);
    }

    [Fact]
    public async Task CompleteSso_CodeOf2049Characters_IsRefused()
    {
        using var longest = await sso.CompleteAsync(new string('c', 2048), "s");
        using var longer = await sso.CompleteAsync(new string('c', 2049), "s");

        await longest.AssertFieldsAsync("state=INVALID_FORMAT");
        await longer.AssertFieldsAsync("code=STRING_LENGTH_INVALID");
    }

    [Fact]
    public async Task CompleteSso_OneState200InParallel_OneSession()
    {
        var (code, state) = await sso.AtProviderAsync(Ada);

        var outcomes = await Race.RunAsync(200, _ => sso.CompleteAsync(code, state));

        Assert.Single(outcomes, "200");
        Assert.Equal(199, outcomes.Count(outcome => outcome == "state=INVALID_FORMAT"));
        Assert.Equal(1, await sso.App.CountAsync("SELECT count(*) FROM sessions s JOIN users u ON u.id = s.user_id WHERE u.email = @Email", new { Ada.Email }));
    }

    [Fact]
    public async Task CompleteSso_OneNewPerson20TimesInParallel_OneAccount()
    {
        var returns = new List<(string Code, string State)>();
        for (var i = 0; i < 20; i++)
        {
            returns.Add(await sso.AtProviderAsync(Ada));
        }

        var outcomes = await Race.RunAsync(20, i => sso.CompleteAsync(returns[i].Code, returns[i].State));

        Assert.All(outcomes, outcome => Assert.Equal("200", outcome));
        Assert.Equal(1, await sso.App.CountAsync("SELECT count(*) FROM users WHERE email = @Email", new { Ada.Email }));
        Assert.Equal(1, await sso.App.CountAsync("SELECT count(*) FROM sso_links WHERE subject = @_subject", new { _subject }));
    }
}
