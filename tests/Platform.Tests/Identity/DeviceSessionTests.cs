using System.Security.Cryptography;
using TestSupport;
using static Platform.Tests.Identity.Account;

namespace Platform.Tests.Identity;

/// <summary>
/// Platform design §6, <c>DeviceRevoked</c> → identity-auth: sessions made on that device end. Through the gateway: session token, exchange, enrolment,
/// revocation, and the way back.
/// </summary>
public sealed class DeviceSessionTests
{
    [Fact]
    public async Task DeviceRevoked_EnrolledOnASession_EndsThatSessionAndNoOther()
    {
        var stack = (await BackingServers.GetAsync()).Stack;
        using var account = await RegisterAsync(stack.Gateway);
        using var client = Caller.New(stack.Gateway);
        var administrator = new Member(client, stack.Tokens, "administrator", roles: ["sysadmin"]);
        var group = await administrator.CreateGroupAsync(account.UserId);
        var otherSession = Text(await account.LogInAsync(), "token");

        // The device is enrolled with the session token itself: the gateway exchanges it, and the registry learns which session it was.
        using var key = ECDiffieHellman.Create(ECCurve.NamedCurves.nistP256);
        var (status, device, _) = await account.SendAsync(
            HttpMethod.Post, $"{Member.Api}/realm/groups/{group}/devices",
            new { deviceName = "Firefox on Linux", deviceType = "web", publicKey = Convert.ToBase64String(key.ExportSubjectPublicKeyInfo()) });
        Assert.Equal(201, status);
        Assert.True(await account.OwnsAsync(account.Token));

        using var revoked = await administrator.SendAsync(HttpMethod.Post, $"{Member.Api}/realm/admin/groups/{group}/devices/{Text(device!.Value, "deviceId")}/revoke", new { });

        Assert.Equal(System.Net.HttpStatusCode.NoContent, revoked.StatusCode);
        await Eventually.IsTrueAsync(async () => !await account.OwnsAsync(account.Token), TimeSpan.FromSeconds(60), "The session lives on");
        await Eventually.IsTrueAsync(
            async () => (await account.SendAsync(HttpMethod.Get, $"{Member.Api}/realm/groups/{group}/devices")).Status == 401,
            TimeSpan.FromSeconds(60), "The session still opens device-registry");
        Assert.True(await account.OwnsAsync(otherSession));
        Assert.Equal(200, (await account.SendAsync(HttpMethod.Get, $"{Member.Api}/realm/groups/{group}/devices", token: otherSession)).Status);
    }
}
