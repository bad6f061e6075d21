using System.Net;
using DeviceRegistry.Tests.Infrastructure;

namespace DeviceRegistry.Tests.Features;

/// <summary>Contract §9, reset.</summary>
public sealed class ResetSecretsTests(RegistryApp app)
{
    [Fact]
    public async Task ResetSecrets_GroupWithKey_StartsOver()
    {
        using var scene = await Scene.CreateAsync(app);
        using var joined = await scene.JoinAsync();
        await scene.StoreSecretsAsync();
        using var asking = await scene.RegisterAsync();
        var request = await asking.RequestKeyAsync();

        using var response = await ResetAsync(scene, scene.Administrator);

        await response.AssertNoContentAsync();
        Assert.Equal(2, await scene.Group.ColumnAsync<long>("key_version"));
        Assert.False(await scene.Group.ColumnAsync<bool>("key_ready"));
        Assert.Equal(0, await app.CountAsync("SELECT count(*) FROM devices WHERE group_id = @Id AND (status <> 'pending' OR wrapped_key IS NOT NULL OR wrapped_key_version + acked_key_version > 0)", new { scene.Group.Id }));
        Assert.Equal(0, await app.CountAsync("SELECT count(*) FROM key_requests WHERE group_id = @Id AND (status = 'pending' OR wrapped_key IS NOT NULL)", new { scene.Group.Id }));
        Assert.Equal(["KeyRequestRejected", "GroupKeyReset"], (await app.EventsOfAsync(scene.Group.Id)).TakeLast(2));
        using var gone = await scene.Member.GetAsync($"{scene.Group.Realm}/devices/key-requests/{request}");
        await gone.AssertProblemAsync(404, "KEY_REQUEST_NOT_FOUND");

        // Anybody may bootstrap again, with the version that the reset took; what was granted before counts for nothing.
        using var bootstrap = await asking.ActivateAsync(Scene.Blob());
        Assert.Equal(2, (await bootstrap.AssertJsonAsync(HttpStatusCode.OK)).GetProperty("keyVersion").GetInt32());
        using var late = await joined.ActivateAsync(Scene.Blob());
        Assert.Equal(HttpStatusCode.OK, late.StatusCode); // the same member, from his active device
        using var other = await scene.First.ActivateAsync(Scene.Blob());
        await other.AssertProblemAsync(403, "KEY_GRANT_REQUIRED");
    }

    /// <summary>Each is told, and what one message can hold is limited.</summary>
    [Fact]
    public async Task ResetSecrets_MoreOpenRequestsThanAMessageHolds_AllTold()
    {
        const int Requests = 2500;
        using var scene = await Scene.CreateAsync(app);
        await app.ExecuteAsync(
            """
            WITH made AS (
                INSERT INTO devices (device_id, group_id, user_id, name, type, public_key, public_key_sha256, status, created_at, updated_at)
                SELECT gen_random_uuid(), @Id, 'ada', 'a', 'web', '\x00', sha256(n::text::bytea), 'pending', now(), now() FROM generate_series(1, @Requests) AS n
                RETURNING device_id)
            INSERT INTO key_requests (request_id, group_id, device_id, public_key, status, created_at, expires_at)
            SELECT gen_random_uuid(), @Id, device_id, '\x00', 'pending', now(), now() + interval '1 day' FROM made
            """,
            new { scene.Group.Id, Requests });

        using var response = await ResetAsync(scene, scene.Administrator);

        await response.AssertNoContentAsync();
        Assert.Equal(Requests, (await app.StreamEventsAsync(scene.Group.Id)).Count(one => one.Event == "key_request_rejected"));
        var numbers = (await app.EventBodiesAsync("GroupChanged", scene.Group.Id)).Select(change => change.GetProperty("number").GetInt32()).ToList();
        Assert.Equal(Enumerable.Range(1, numbers.Count), numbers);
        Assert.Equal(numbers.Count, await scene.Group.ColumnAsync<long>("change_number"));
    }

    [Fact]
    public async Task ResetSecrets_NotAnAdministrator_Forbidden()
    {
        using var scene = await Scene.CreateAsync(app);
        using var response = await ResetAsync(scene, scene.Member);
        await response.AssertProblemAsync(403, "FORBIDDEN");
        Assert.True(await scene.Group.ColumnAsync<bool>("key_ready"));
    }

    private static Task<HttpResponseMessage> ResetAsync(Scene scene, TestUser user) => user.PostAsync($"{scene.Group.Admin}/secrets/reset");
}
