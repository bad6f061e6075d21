using System.Net;
using DeviceRegistry.Tests.Infrastructure;

namespace DeviceRegistry.Tests.Features;

/// <summary>Contract §9, device limit.</summary>
public sealed class SetDeviceLimitTests(RegistryApp app)
{
    [Fact]
    public async Task SetDeviceLimit_BelowWhatThereIs_KeepsDevicesAndBlocksNewOnes()
    {
        using var scene = await Scene.CreateAsync(app);
        using var second = await scene.RegisterAsync();

        using var response = await PutAsync(scene.Group.Id.ToString(System.Globalization.CultureInfo.InvariantCulture), new { max = 1 });

        var body = await response.AssertJsonAsync(HttpStatusCode.OK);
        Assert.Equal((2, 1, true), (body.GetProperty("current").GetInt32(), body.GetProperty("max").GetInt32(), body.GetProperty("limitReached").GetBoolean()));
        using var keys = new DeviceKeys();
        using var refused = await scene.Member.PostAsync($"{scene.Group.Realm}/devices", new { deviceName = "a", deviceType = "web", publicKey = keys.PublicKey });
        await refused.AssertProblemAsync(409, "DEVICE_LIMIT_REACHED");
        Assert.Equal("pending", (await second.GetAsync()).Text("status"));
    }

    [Theory]
    [InlineData("""{"max":0}""", HttpStatusCode.BadRequest)]
    [InlineData("""{"max":1}""", HttpStatusCode.OK)]
    [InlineData("""{"max":1000}""", HttpStatusCode.OK)]
    [InlineData("""{"max":1001}""", HttpStatusCode.BadRequest)]
    [InlineData("""{"max":2.5}""", HttpStatusCode.BadRequest)]
    [InlineData("{}", HttpStatusCode.BadRequest)]
    public async Task SetDeviceLimit_Range_IsChecked(string json, HttpStatusCode status)
    {
        var group = await app.CreateGroupAsync();
        using var response = await PutAsync(group.Id.ToString(System.Globalization.CultureInfo.InvariantCulture), json);
        Assert.Equal(status, response.StatusCode);
    }

    [Fact]
    public async Task SetDeviceLimit_UnknownGroupOrNoAdministrator_Refused()
    {
        using var unknown = await PutAsync("9007199254740991", new { max = 5 });
        await unknown.AssertProblemAsync(404, "GROUP_NOT_FOUND");
        using var unknownFirst = await PutAsync("9007199254740991", "{"); // before the body is looked at (contract §1.4)
        await unknownFirst.AssertProblemAsync(404, "GROUP_NOT_FOUND");
        var group = await app.CreateGroupAsync();
        using var refused = await (await group.AddAdministratorAsync()).PutAsync($"{RegistryApp.Api}/admin/group/id/{group.Id}/device-limit", new { max = 5 });
        await refused.AssertProblemAsync(403, "FORBIDDEN");
        using var noNumber = await app.User().PutAsync($"{RegistryApp.Api}/admin/group/id/abc/device-limit", "{");
        await noNumber.AssertProblemAsync(400, "INVALID_GROUP_ID");
    }

    private Task<HttpResponseMessage> PutAsync(string groupId, object body)
        => app.GlobalAdministrator().PutAsync($"{RegistryApp.Api}/admin/group/id/{groupId}/device-limit", body);
}
