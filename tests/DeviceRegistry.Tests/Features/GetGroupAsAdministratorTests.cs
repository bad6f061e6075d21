using System.Net;
using DeviceRegistry.Tests.Infrastructure;

namespace DeviceRegistry.Tests.Features;

/// <summary>Contract §9, get group by name as a global administrator.</summary>
public sealed class GetGroupAsAdministratorTests(RegistryApp app)
{
    [Fact]
    public async Task GetGroupAsAdministrator_GlobalOnesOnly()
    {
        var group = await app.CreateGroupAsync();
        using var response = await app.GlobalAdministrator().GetAsync($"{RegistryApp.Api}/admin/group/{group.Name}");
        Assert.Equal(group.Name, (await response.AssertJsonAsync(HttpStatusCode.OK)).Text("name"));
        using var unknown = await app.GlobalAdministrator().GetAsync($"{RegistryApp.Api}/admin/group/no-such-group");
        await unknown.AssertProblemAsync(404, "GROUP_NOT_FOUND");
        using var refused = await (await group.AddAdministratorAsync()).GetAsync($"{RegistryApp.Api}/admin/group/{group.Name}");
        await refused.AssertProblemAsync(403, "FORBIDDEN");
    }
}
