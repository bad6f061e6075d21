using System.Net;
using DeviceRegistry.Tests.Infrastructure;

namespace DeviceRegistry.Tests.Features;

/// <summary>Contract §9, create group.</summary>
public sealed class PutGroupTests(RegistryApp app)
{
    [Fact]
    public async Task PutGroup_NewOne_CreatedAndFoundByNameAndNumber()
    {
        var administrator = app.GlobalAdministrator();
        var name = Name();
        using var response = await PutAsync(administrator, new { id = -1, name, longName = "The group", description = "d", avatar = "a", url = "https://x", subscriptionUuid = "s" });

        var body = await response.AssertJsonAsync(HttpStatusCode.Created);
        Assert.Equal(["avatar", "description", "id", "longName", "name", "subscriptionUuid", "url"], body.Names());
        var id = body.GetProperty("id").GetInt64();
        Assert.True(id >= 1);
        Assert.Equal($"{RegistryApp.Api}/admin/group/id/{id}", response.Headers.Location?.OriginalString);
        using var read = await administrator.GetAsync(response.Headers.Location!.OriginalString);
        Assert.Equal(body.ToString(), (await read.AssertJsonAsync(HttpStatusCode.OK)).ToString());
        // Whoever creates a group is no member of it.
        using var keys = new DeviceKeys();
        using var device = await administrator.PostAsync($"{RegistryApp.Api}/realm/groups/{id}/devices", new { deviceName = "a", deviceType = "web", publicKey = keys.PublicKey });
        await device.AssertProblemAsync(403, "FORBIDDEN");
    }

    [Fact]
    public async Task PutGroup_ExistingId_Replaced()
    {
        var group = await app.CreateGroupAsync();
        using var response = await PutAsync(app.GlobalAdministrator(), new { id = group.Id, name = group.Name, longName = "New" });
        Assert.Equal("New", (await response.AssertJsonAsync(HttpStatusCode.OK)).Text("longName"));
        using var unknown = await PutAsync(app.GlobalAdministrator(), new { id = 9007199254740991, name = Name() });
        await unknown.AssertProblemAsync(404, "GROUP_NOT_FOUND");
    }

    [Fact]
    public async Task PutGroup_NameTaken_Conflict()
    {
        var (one, other) = (await app.CreateGroupAsync(), await app.CreateGroupAsync());
        using var created = await PutAsync(app.GlobalAdministrator(), new { id = -1, name = one.Name });
        await created.AssertProblemAsync(409, "GROUP_NAME_TAKEN");
        using var renamed = await PutAsync(app.GlobalAdministrator(), new { id = other.Id, name = one.Name });
        await renamed.AssertProblemAsync(409, "GROUP_NAME_TAKEN");
    }

    [Theory]
    [InlineData("""{"id":-1}""", "name")]
    [InlineData("""{"id":-1,"name":""}""", "name")]
    [InlineData("""{"id":-1,"name":"Upper"}""", "name")]
    [InlineData("""{"id":-1,"name":"a b"}""", "name")]
    [InlineData("""{"id":-1,"name":"01234567890123456789012345678901234567890123456789012345678901234"}""", "name")]
    [InlineData("""{"id":-1,"name":"a","longName":"a\u0000b"}""", "longName")]
    [InlineData("""{"id":-1,"name":"a","description":"\u0000"}""", "description")]
    [InlineData("""{"id":-1,"name":"a","url":"a\nb"}""", "url")]
    [InlineData("""{"id":0,"name":"a"}""", "id")]
    [InlineData("""{"id":"x","name":"a"}""", "id")]
    public async Task PutGroup_InvalidField_RefusedAndNamed(string json, string field)
    {
        using var response = await PutAsync(app.GlobalAdministrator(), json);
        var body = await response.AssertProblemAsync(400, "VALIDATION_FAILED");
        Assert.Equal(field, Assert.Single(body.GetProperty("fields").EnumerateObject()).Name);
    }

    [Fact]
    public async Task PutGroup_NotAGlobalAdministrator_Forbidden()
    {
        var group = await app.CreateGroupAsync();
        using var response = await PutAsync(await group.AddAdministratorAsync(), new { id = group.Id, name = group.Name });
        await response.AssertProblemAsync(403, "FORBIDDEN");
    }

    private static string Name() => $"put-{Guid.NewGuid():N}";

    private static Task<HttpResponseMessage> PutAsync(TestUser user, object body) => user.PutAsync($"{RegistryApp.Api}/admin/group", body);
}
