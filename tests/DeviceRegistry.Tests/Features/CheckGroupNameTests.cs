using System.Net;
using DeviceRegistry.Tests.Infrastructure;

namespace DeviceRegistry.Tests.Features;

/// <summary>Contract §9, name free?</summary>
public sealed class CheckGroupNameTests(RegistryApp app)
{
    [Fact]
    public async Task CheckGroupName_FreeTakenAndImpossible()
    {
        var group = await app.CreateGroupAsync();
        Assert.True(await AvailableAsync($"free-{Guid.NewGuid():N}"));
        Assert.False(await AvailableAsync(group.Name));
        Assert.False(await AvailableAsync("Not%20a%20name"));
        using var refused = await app.User().GetAsync($"{RegistryApp.Api}/admin/group/x/available");
        await refused.AssertProblemAsync(403, "FORBIDDEN");
    }

    private async Task<bool> AvailableAsync(string name)
    {
        using var response = await app.GlobalAdministrator().GetAsync($"{RegistryApp.Api}/admin/group/{name}/available");
        return (await response.AssertJsonAsync(HttpStatusCode.OK)).GetProperty("available").GetBoolean();
    }
}
