using System.Net;
using Pairing.Data;
using Pairing.Tests.Infrastructure;
using TestSupport;

namespace Pairing.Tests.Features;

/// <summary>Ends of life, claims and retention, on both sides of each (contract §4, §5, §8), on a clock of the test's own.</summary>
public sealed class PairingTimeTests(ClockedPairingApp clocked) : IClassFixture<ClockedPairingApp>
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    private readonly PairingApp _app = clocked.App;

    private FakeClock Clock => _app.FakeClock;

    [Fact]
    public async Task Init_LastSecond_Works_AndAtTheEndIsRefused()
    {
        var tenant = await _app.CreateTenantAsync();
        var early = await tenant.CreatePairingAsync(ttlSeconds: 60);
        var late = await tenant.CreatePairingAsync(ttlSeconds: 60);
        using var phone = new TestPhone(_app);

        Clock.AdvanceTo(DateTimeOffset.FromUnixTimeSeconds(early.Exp) - TimeSpan.FromMilliseconds(1));
        await phone.InitAsync(early.Jwt);
        Clock.AdvanceTo(DateTimeOffset.FromUnixTimeSeconds(late.Exp));
        using var response = await phone.PostInitAsync(late.Jwt);

        await response.AssertUnavailableAsync("pairing_not_found_or_expired");
        Assert.Equal(("EXPIRED", "expired"), await late.StatusAsync());
    }

    [Fact]
    public async Task Complete_LastSecond_Works_AndAtTheEndIsRefused()
    {
        var tenant = await _app.CreateTenantAsync();
        var early = await tenant.CreatePairingAsync(ttlSeconds: 60);
        var late = await tenant.CreatePairingAsync(ttlSeconds: 60);
        using var phone = new TestPhone(_app);
        var (earlyNonce, lateNonce) = (await phone.InitAsync(early.Jwt), await phone.InitAsync(late.Jwt));

        Clock.AdvanceTo(DateTimeOffset.FromUnixTimeSeconds(early.Exp) - TimeSpan.FromMilliseconds(1));
        using var inTime = await phone.PostCompleteAsync(early.Jwt, earlyNonce);
        Clock.AdvanceTo(DateTimeOffset.FromUnixTimeSeconds(late.Exp));
        using var tooLate = await phone.PostCompleteAsync(late.Jwt, lateNonce);

        Assert.Equal(HttpStatusCode.NoContent, inTime.StatusCode);
        await tooLate.AssertUnavailableAsync("pairing_not_found_or_expired");
        // A linked one is gone for the phone as well, and still approved for the tenant.
        using var replay = await phone.PostCompleteAsync(early.Jwt, earlyNonce);
        await replay.AssertUnavailableAsync("pairing_not_found_or_expired");
        Assert.Equal(("APPROVED", "completed"), await early.StatusAsync());
    }

    [Fact]
    public async Task Token_IsRefused30SecondsAfterItsEnd()
    {
        var pairing = await (await _app.CreateTenantAsync()).CreatePairingAsync(ttlSeconds: 30);
        using var phone = new TestPhone(_app);

        Clock.AdvanceTo(DateTimeOffset.FromUnixTimeSeconds(pairing.Exp + 29));
        using var late = await phone.PostInitAsync(pairing.Jwt);
        Clock.Advance(Second);
        using var tooLate = await phone.PostInitAsync(pairing.Jwt);

        await late.AssertUnavailableAsync("pairing_not_found_or_expired");
        await tooLate.AssertProblemAsync(401, "Unauthorized", "invalid_token");
    }

    [Fact]
    public async Task Denied_IsVisibleForTenMinutes()
    {
        var tenant = await _app.CreateTenantAsync();
        var pairing = await tenant.CreatePairingAsync();
        await tenant.CreatePairingAsync(pairing.UserId);

        Clock.Advance(TimeSpan.FromMinutes(10) - Second);
        Assert.Equal(("DENIED", "superseded"), await pairing.StatusAsync());
        Clock.Advance(Second);
        Assert.Equal(("NOT_FOUND", null), await pairing.StatusAsync());
    }

    [Fact]
    public async Task Expired_IsVisibleForTenMinutesAfterTheEnd()
    {
        var pairing = await (await _app.CreateTenantAsync()).CreatePairingAsync();

        Clock.AdvanceTo(DateTimeOffset.FromUnixTimeSeconds(pairing.Exp + 599));
        Assert.Equal(("EXPIRED", "expired"), await pairing.StatusAsync());
        Clock.Advance(Second);
        Assert.Equal(("NOT_FOUND", null), await pairing.StatusAsync());
    }

    [Fact]
    public async Task Approved_IsVisibleFor24Hours()
    {
        var pairing = await (await _app.CreateTenantAsync()).CreatePairingAsync();
        using var phone = new TestPhone(_app);
        await phone.PairAsync(pairing);

        Clock.Advance(TimeSpan.FromHours(24) - Second);
        Assert.Equal(("APPROVED", "completed"), await pairing.StatusAsync());
        Clock.Advance(Second);
        Assert.Equal(("NOT_FOUND", null), await pairing.StatusAsync());
    }

    [Fact]
    public async Task Claim_OfADeadComplete_IsTakenOverAfter30Seconds()
    {
        var pairing = await (await _app.CreateTenantAsync()).CreatePairingAsync();
        using var phone = new TestPhone(_app);
        var nonce = await phone.InitAsync(pairing.Jwt);
        await ClaimAsync(pairing);

        Clock.Advance(TimeSpan.FromSeconds(30) - TimeSpan.FromMilliseconds(1));
        using var early = await phone.PostCompleteAsync(pairing.Jwt, nonce);
        await early.AssertUnavailableAsync("pairing_not_pending");
        Assert.Equal(("PENDING", "initialized"), await pairing.StatusAsync());

        Clock.Advance(TimeSpan.FromMilliseconds(1));
        using var late = await phone.PostCompleteAsync(pairing.Jwt, nonce);
        Assert.Equal(HttpStatusCode.NoContent, late.StatusCode);
    }

    [Fact]
    public async Task Claim_ThatIsHeld_MakesACreateWait()
    {
        var tenant = await _app.CreateTenantAsync();
        var pairing = await tenant.CreatePairingAsync();
        using var phone = new TestPhone(_app);
        await phone.InitAsync(pairing.Jwt);
        var claim = await ClaimAsync(pairing);

        var creating = tenant.PostPairingAsync(new { userId = pairing.UserId, username = "ada" });
        // It goes round and round: its timer fires, and it finds the claim still held.
        for (var i = 0; i < 20; i++)
        {
            Clock.Advance(TimeSpan.FromMilliseconds(25));
            await _app.Client.GetAsync("/.well-known/jwks.json", TestContext.Current.CancellationToken);
            Assert.False(creating.IsCompleted);
        }

        Assert.Equal(("PENDING", "initialized"), await pairing.StatusAsync());
        await _app.Get<PairingStore>().ReleaseAsync(pairing.Jti, claim);
        using var created = await PumpAsync(creating);
        Assert.Equal(HttpStatusCode.Created, created.StatusCode);
        Assert.Equal(("DENIED", "superseded"), await pairing.StatusAsync());
    }

    [Fact]
    public async Task Claim_OfADeadComplete_IsSupersededAfter30Seconds()
    {
        var tenant = await _app.CreateTenantAsync();
        var pairing = await tenant.CreatePairingAsync();
        using var phone = new TestPhone(_app);
        await phone.InitAsync(pairing.Jwt);
        await ClaimAsync(pairing);

        Clock.Advance(TimeSpan.FromSeconds(30));
        await tenant.CreatePairingAsync(pairing.UserId);

        Assert.Equal(("DENIED", "superseded"), await pairing.StatusAsync());
    }

    [Fact]
    public async Task Claim_OfASupersededPairing_CannotBeReleased()
    {
        var tenant = await _app.CreateTenantAsync();
        var pairing = await tenant.CreatePairingAsync();
        using var phone = new TestPhone(_app);
        await phone.InitAsync(pairing.Jwt);
        var claim = await ClaimAsync(pairing);
        Clock.Advance(TimeSpan.FromSeconds(30));
        var next = await tenant.CreatePairingAsync(pairing.UserId);

        // The complete was not dead, only late, and its commit fails now.
        await _app.Get<PairingStore>().ReleaseAsync(pairing.Jti, claim);

        Assert.Equal(("DENIED", "superseded"), await pairing.StatusAsync());
        Assert.Equal(("CREATED", "recreated"), await next.StatusAsync());
    }

    [Fact]
    public async Task Verification_BegunBeforeTheEnd_MayFinishAfterIt()
    {
        var pairing = await (await _app.CreateTenantAsync()).CreatePairingAsync(ttlSeconds: 30);
        using var phone = new TestPhone(_app);
        await phone.InitAsync(pairing.Jwt);
        Clock.AdvanceTo(DateTimeOffset.FromUnixTimeSeconds(pairing.Exp) - Second);
        await ClaimAsync(pairing);

        Clock.Advance(TimeSpan.FromSeconds(5));

        Assert.Equal(("PENDING", "initialized"), await pairing.StatusAsync());
        Assert.Equal(0, await _app.Get<ExpirySweeper>().SweepAsync(TestContext.Current.CancellationToken));
        Assert.Equal(("PENDING", "initialized"), await pairing.StatusAsync());
    }

    [Fact]
    public async Task Create_AfterTheEndOfTheOldOne_DoesNotSupersedeIt()
    {
        var tenant = await _app.CreateTenantAsync();
        var pairing = await tenant.CreatePairingAsync(ttlSeconds: 30);
        Clock.AdvanceTo(DateTimeOffset.FromUnixTimeSeconds(pairing.Exp));

        var next = await tenant.CreatePairingAsync(pairing.UserId);

        Assert.Equal(("EXPIRED", "expired"), await pairing.StatusAsync());
        Assert.Equal(("CREATED", "created"), await next.StatusAsync());
    }

    private async Task<string> ClaimAsync(TestPairing pairing)
    {
        var claim = Guid.NewGuid().ToString();
        var token = new Pairing.Domain.PairingToken("hauth:orchestrator", pairing.Jti, pairing.Tenant.Id, pairing.UserId, pairing.Exp, null, false);
        Assert.NotNull((await _app.Get<PairingStore>().ClaimAsync(token, claim)).Proof);
        return claim;
    }

    private async Task<HttpResponseMessage> PumpAsync(Task<HttpResponseMessage> request)
    {
        while (!request.IsCompleted)
        {
            Clock.Advance(TimeSpan.FromMilliseconds(25));
            await Task.WhenAny(request, Task.Delay(5, TestContext.Current.CancellationToken));
        }

        return await request;
    }
}
