using System.Net;
using System.Security.Cryptography;

namespace DeviceRegistry.Tests.Infrastructure;

/// <summary>A group with its key: an administrator with the first device, and a member with another one.</summary>
public sealed class Scene : IDisposable
{
    private Scene(TestGroup group, TestUser administrator, TestUser member, TestDevice first, byte[] key)
    {
        Group = group;
        Administrator = administrator;
        Member = member;
        First = first;
        Key = key;
    }

    public TestGroup Group { get; }

    public RegistryApp App => Group.App;

    public TestUser Administrator { get; }

    public TestUser Member { get; }

    /// <summary>The administrator's device, active.</summary>
    public TestDevice First { get; }

    /// <summary>The group's key.</summary>
    public byte[] Key { get; }

    public static async Task<Scene> CreateAsync(RegistryApp app, int maxDevices = 200)
    {
        var group = await app.CreateGroupAsync(maxDevices);
        var administrator = await group.AddAdministratorAsync();
        var member = await group.AddMemberAsync();
        var key = RandomNumberGenerator.GetBytes(32);
        return new Scene(group, administrator, member, await TestDevice.BootstrapAsync(group, administrator, key), key);
    }

    /// <summary>Another active device of the member.</summary>
    public Task<TestDevice> JoinAsync(TestUser? owner = null) => TestDevice.JoinAsync(Group, owner ?? Member, First, Key);

    /// <summary>A pending device of the member.</summary>
    public Task<TestDevice> RegisterAsync(TestUser? owner = null) => TestDevice.RegisterAsync(Group, owner ?? Member);

    /// <summary>Rotates to a new key for these devices.</summary>
    public async Task<byte[]> RotateAsync(params TestDevice[] devices)
    {
        var key = RandomNumberGenerator.GetBytes(32);
        using var response = await PostRotationAsync(new { deviceKeys = devices.Select(device => device.KeyEntry(key, First)) });
        await response.AssertJsonAsync(HttpStatusCode.OK);
        return key;
    }

    public Task<HttpResponseMessage> PostRotationAsync(object body) => Administrator.PostAsync($"{Group.Admin}/keys/rotate", body);

    /// <summary>Stores the group's first secrets.</summary>
    public async Task<string> StoreSecretsAsync()
    {
        var payload = DeviceKeys.Encrypt(Key, "secrets"u8.ToArray());
        using var response = await Administrator.PostAsync($"{Group.Realm}/secrets", new { encryptedPayload = payload });
        await response.AssertJsonAsync(HttpStatusCode.Created);
        return payload;
    }

    /// <summary>A wrapped key of the right size that opens nothing.</summary>
    public static string Blob() => Convert.ToBase64String(RandomNumberGenerator.GetBytes(60));

    /// <summary>Revokes a device, without a rotation.</summary>
    public async Task RevokeAsync(TestDevice device)
    {
        using var response = await Administrator.PostAsync($"{Group.Admin}/devices/{device.Id}/revoke");
        await response.AssertNoContentAsync();
    }

    /// <summary>How many events were told so far, of both kinds: a refusal tells none.</summary>
    public Task<long> EventCountAsync() => App.CountAsync(
        "SELECT count(*) FROM outbox WHERE aggregate IN (@one, @other)", new { one = $"group:{Group.Id}", other = $"group-stream:{Group.Id}" });

    public void Dispose() => First.Dispose();
}
