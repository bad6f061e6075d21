using DeviceRegistry.Domain;
using DeviceRegistry.Tests.Infrastructure;
using IdentityAuth.Contracts.V1;
using TestSupport;

namespace DeviceRegistry.Tests.Messages;

/// <summary>Sessions that end while their tokens are good, over the real broker (resolutions 6, 49).</summary>
public sealed class SessionsRevokedTests(RegistryApp app)
{
    private const string Queue = "device-registry-sessions-revoked";

    [Fact]
    public async Task SessionsRevoked_OnEveryInstance_EndsStreamsAndRefusesTokens()
    {
        await using var other = await RegistryApp.StartAsync(sameServersAs: app);
        var group = await app.CreateGroupAsync();
        var ada = (await group.AddMemberAsync()) with { SessionId = NewSession() };
        var elsewhere = ada with { SessionId = NewSession() };
        await using var here = await StreamClient.OpenAsync(ada, group);
        await using var there = await StreamClient.OpenAsync(ada, group, client: other.Client);
        await using var ofOtherSession = await StreamClient.OpenAsync(elsewhere, group);

        await app.DeliverAsync(Revoked(ada), Queue);

        Assert.Equal("session_revoked", await here.EndAsync());
        Assert.Equal("session_revoked", await there.EndAsync());
        foreach (var instance in new[] { app, other })
        {
            using var refused = await (ada with { App = instance }).GetAsync($"{group.Realm}/devices/presence");
            await refused.AssertProblemAsync(401, "UNAUTHORIZED");
            using var welcome = await (elsewhere with { App = instance }).GetAsync($"{group.Realm}/devices/presence");
            await welcome.AssertJsonAsync(System.Net.HttpStatusCode.OK);
        }

        await group.TellAsync(effects => effects.SecretsUpdated(1));
        Assert.Equal("secrets_updated", (await ofOtherSession.NextAsync()).Name);
    }

    [Fact]
    public async Task SessionsRevoked_InstanceThatStartsLater_RefusesTheTokenToo()
    {
        var group = await app.CreateGroupAsync();
        var ada = (await group.AddMemberAsync()) with { SessionId = NewSession() };
        await app.DeliverAsync(Revoked(ada), Queue);

        await using var later = await RegistryApp.StartAsync(sameServersAs: app);

        using var refused = await (ada with { App = later }).GetAsync($"{group.Realm}/devices/presence");
        await refused.AssertProblemAsync(401, "UNAUTHORIZED");
    }

    /// <summary>An instance without the broker hears it from the database.</summary>
    [Fact]
    public async Task SessionsRevoked_NewsDidNotArrive_StreamsEndAllTheSame()
    {
        var group = await app.CreateGroupAsync();
        var ada = (await group.AddMemberAsync()) with { SessionId = NewSession() };
        await using var stream = await StreamClient.OpenAsync(ada, group);

        await app.ExecuteAsync(
            "INSERT INTO revoked_sessions (session_id, forget_after) VALUES (@SessionId, now() + interval '330 seconds')", new { ada.SessionId });

        Assert.Equal("session_revoked", await stream.EndAsync());
    }

    [Fact]
    public async Task SessionsRevoked_SameSessionTwice_IsNoFault()
    {
        var group = await app.CreateGroupAsync();
        var ada = (await group.AddMemberAsync()) with { SessionId = NewSession() };
        var message = Revoked(ada) with { IdHashes = [ada.SessionId!, ada.SessionId!] };

        await app.DeliverAsync(message, Queue);
        await app.DeliverAsync(message, Queue);

        Assert.Equal(1, await app.CountAsync("SELECT count(*) FROM revoked_sessions WHERE session_id = @SessionId", new { ada.SessionId }));
    }

    [Fact]
    public void RevokedSession_330Seconds_IsForgottenAfterwards()
    {
        var clock = new FakeClock();
        var sessions = new RevokedSessions(clock);

        sessions.Revoke("s", clock.GetUtcNow() + RevokedSessions.Memory);
        clock.Advance(TimeSpan.FromSeconds(330));
        Assert.True(sessions.Contains("s"));
        clock.Advance(TimeSpan.FromMilliseconds(1));
        Assert.False(sessions.Contains("s"));
        Assert.False(sessions.Contains(null));
    }

    private static string NewSession() => Convert.ToHexStringLower(System.Security.Cryptography.RandomNumberGenerator.GetBytes(16));

    private static SessionsRevoked Revoked(TestUser user)
        => new() { UserId = user.Identity, IdHashes = [user.SessionId!], Reason = "logout", OccurredAt = DateTimeOffset.UtcNow };
}
