using DeviceRegistry.Tests.Infrastructure;

namespace DeviceRegistry.Tests.Features;

/// <summary>Contract §5.17.</summary>
public sealed class RejectKeyRequestTests(RegistryApp app)
{
    [Fact]
    public async Task RejectKeyRequest_ByTheOwner_Withdrawn()
    {
        using var scene = await Scene.CreateAsync(app);
        using var device = await scene.RegisterAsync();
        var request = await device.RequestKeyAsync();

        using var response = await RejectAsync(scene.Member, scene, request);

        await response.AssertNoContentAsync();
        Assert.Equal("pending", (await device.GetAsync()).Text("status"));
        Assert.Equal("KeyRequestRejected", (await app.EventsOfAsync(scene.Group.Id))[^1]);
        Assert.Equal("key_request_rejected", (await app.StreamEventsAsync(scene.Group.Id))[^1].Event);
        using var again = await RejectAsync(scene.Member, scene, request);
        await again.AssertProblemAsync(400, "KEY_REQUEST_NOT_PENDING");
    }

    [Fact]
    public async Task RejectKeyRequest_WhoElseMay()
    {
        using var scene = await Scene.CreateAsync(app);
        using var device = await scene.RegisterAsync();
        var request = await device.RequestKeyAsync();
        var beginner = await scene.Group.AddMemberAsync();
        using var pending = await scene.RegisterAsync(beginner);
        using var idle = await RejectAsync(beginner, scene, request);
        await idle.AssertProblemAsync(403, "NO_ACTIVE_DEVICE");
        using var stranger = await RejectAsync(app.User(), scene, request);
        await stranger.AssertProblemAsync(403, "FORBIDDEN");
        using var administrator = await RejectAsync(await scene.Group.AddAdministratorAsync(), scene, request);
        await administrator.AssertNoContentAsync();

        var colleague = await scene.Group.AddMemberAsync();
        using var active = await scene.JoinAsync(colleague);
        using var second = await RejectAsync(colleague, scene, await device.RequestKeyAsync());
        await second.AssertNoContentAsync();
    }

    [Fact]
    public async Task RejectKeyRequest_Unknown_NotFound()
    {
        using var scene = await Scene.CreateAsync(app);
        using var response = await RejectAsync(scene.Member, scene, Guid.NewGuid());
        await response.AssertProblemAsync(404, "KEY_REQUEST_NOT_FOUND");
    }

    private static Task<HttpResponseMessage> RejectAsync(TestUser user, Scene scene, Guid request)
        => user.PostAsync($"{scene.Group.Realm}/devices/key-requests/{request}/reject");
}
