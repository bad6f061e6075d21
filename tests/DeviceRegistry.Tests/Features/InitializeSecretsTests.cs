using System.Net;
using DeviceRegistry.Tests.Infrastructure;

namespace DeviceRegistry.Tests.Features;

/// <summary>Contract §9, init secrets.</summary>
public sealed class InitializeSecretsTests(RegistryApp app)
{
    [Fact]
    public async Task InitializeSecrets_FirstOfTheGroup_KeyIsReady()
    {
        var group = await app.CreateGroupAsync();
        using var device = await TestDevice.RegisterAsync(group, await group.AddMemberAsync());
        var payload = Scene.Blob();

        using var response = await InitAsync(group, device.Owner, payload);

        var body = await response.AssertJsonAsync(HttpStatusCode.Created);
        Assert.Equal(["createdAt", "encryptedPayload", "groupId", "keyReady", "secretId", "updatedAt", "version"], body.Names());
        Assert.Equal((payload, 1, true), (body.Text("encryptedPayload"), body.GetProperty("version").GetInt32(), body.GetProperty("keyReady").GetBoolean()));
        Assert.Equal(1, await group.ColumnAsync<long>("key_version"));
        Assert.Equal("GroupKeyInitialized", (await app.EventsOfAsync(group.Id))[^1]);
        using var again = await InitAsync(group, device.Owner, payload);
        await again.AssertProblemAsync(409, "GROUP_KEY_ALREADY_INITIALIZED");
    }

    [Fact]
    public async Task InitializeSecrets_AfterTheFirstActivation_OwnersOfActiveDevicesOnly()
    {
        using var scene = await Scene.CreateAsync(app);
        using var pending = await scene.RegisterAsync();
        using var refused = await InitAsync(scene.Group, scene.Member, Scene.Blob());
        await refused.AssertProblemAsync(403, "NO_ACTIVE_DEVICE");
        using var response = await InitAsync(scene.Group, scene.Administrator, Scene.Blob());
        await response.AssertJsonAsync(HttpStatusCode.Created);
        Assert.Single(await app.EventsOfAsync(scene.Group.Id), "GroupKeyInitialized");
    }

    [Fact]
    public async Task InitializeSecrets_NoDevice_Refused()
    {
        var group = await app.CreateGroupAsync();
        using var response = await InitAsync(group, await group.AddMemberAsync(), Scene.Blob());
        await response.AssertProblemAsync(403, "NO_ACTIVE_DEVICE");
        Assert.False(await group.ColumnAsync<bool>("key_ready"));
        // Before his body is looked at.
        using var bodyless = await (await group.AddMemberAsync()).PostAsync($"{group.Realm}/secrets", "not json");
        await bodyless.AssertProblemAsync(403, "NO_ACTIVE_DEVICE");
    }

    [Fact]
    public async Task InitializeSecrets_OthersKeyAndSecretsDeleted_NotASecondKey()
    {
        var group = await app.CreateGroupAsync();
        using var one = await TestDevice.RegisterAsync(group, await group.AddMemberAsync());
        using var other = await TestDevice.RegisterAsync(group, await group.AddMemberAsync());
        using var first = await InitAsync(group, one.Owner, Scene.Blob());
        using var deleted = await (await group.AddAdministratorAsync()).DeleteAsync($"{group.Admin}/secrets");
        using var refused = await InitAsync(group, other.Owner, Scene.Blob());
        await refused.AssertProblemAsync(409, "GROUP_KEY_ALREADY_INITIALIZED");
        using var again = await InitAsync(group, one.Owner, Scene.Blob());
        await again.AssertJsonAsync(HttpStatusCode.Created);
    }

    [Theory]
    [InlineData(20)]
    [InlineData(100)]
    public async Task InitializeSecrets_InParallel_OneWins(int callers)
    {
        var group = await app.CreateGroupAsync(callers);
        var members = await Task.WhenAll(Enumerable.Range(0, callers).Select(_ => group.AddMemberAsync()));
        var devices = await Task.WhenAll(members.Select(member => TestDevice.RegisterAsync(group, member)));

        var answers = await Task.WhenAll(devices.Select(device => InitAsync(group, device.Owner, Scene.Blob())));

        var winner = Assert.Single(answers, answer => answer.StatusCode == HttpStatusCode.Created);
        foreach (var answer in answers.Where(answer => answer != winner))
        {
            await answer.AssertProblemAsync(409, "GROUP_KEY_ALREADY_INITIALIZED");
        }

        var payload = (await winner.AssertJsonAsync(HttpStatusCode.Created)).Text("encryptedPayload");
        Assert.Equal(payload, Convert.ToBase64String(await app.ScalarAsync<byte[]>("SELECT payload FROM group_secrets WHERE group_id = @Id", new { group.Id })));
        Assert.Equal(1, await group.ColumnAsync<long>("key_version"));
        Assert.Single(await app.EventsOfAsync(group.Id), "GroupKeyInitialized");
        Array.ForEach(devices, device => device.Dispose());
        Array.ForEach(answers, answer => answer.Dispose());
    }

    [Theory]
    [InlineData(27, HttpStatusCode.BadRequest)]
    [InlineData(28, HttpStatusCode.Created)]
    [InlineData(512 * 1024, HttpStatusCode.Created)]
    [InlineData((512 * 1024) + 1, HttpStatusCode.BadRequest)]
    public async Task InitializeSecrets_Size_IsLimited(int size, HttpStatusCode status)
    {
        var group = await app.CreateGroupAsync();
        using var device = await TestDevice.RegisterAsync(group, await group.AddMemberAsync());
        using var response = await InitAsync(group, device.Owner, Convert.ToBase64String(new byte[size]));
        Assert.Equal(status, response.StatusCode);
    }

    private static Task<HttpResponseMessage> InitAsync(TestGroup group, TestUser user, string encryptedPayload)
        => user.PostAsync($"{group.Realm}/secrets", new { encryptedPayload });
}
