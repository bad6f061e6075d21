using TestSupport;
using static Platform.Tests.Identity.Account;

namespace Platform.Tests.Identity;

/// <summary>Sessions open device-registry: by an access token, or straight, exchanged by the gateway; until they end.</summary>
public sealed class AccessTokenFlowTests
{
    private const string Devices = "authlance/identity/api/v1/realm/groups/1/devices";

    [Fact]
    public async Task SessionToken_OnDeviceRegistrysPaths_IsExchangedUntilTheSessionEnds()
    {
        using var account = await RegisterAsync((await BackingServers.GetAsync()).Stack.Gateway);

        // Known by device-registry, but of no group.
        await account.RefusedAsync(403, "FORBIDDEN", HttpMethod.Get, Devices);
        await account.RefusedAsync(403, "FORBIDDEN", HttpMethod.Get, Devices, token: $"Bearer {account.Token}");
        await account.RefusedAsync(401, "UNAUTHORIZED", HttpMethod.Get, Devices, token: $"flx_{new string('0', 36)}");

        await account.PostAsync("v1/auth/logout");

        await Eventually.IsTrueAsync(
            async () => (await account.SendAsync(HttpMethod.Get, Devices)).Status == 401,
            TimeSpan.FromSeconds(20), // below the 30 s after which the exchange would be asked for again anyhow
            "the ended session was not refused");
    }

    [Fact]
    public async Task AccessToken_OfASession_OpensDeviceRegistryUntilTheSessionEnds()
    {
        using var account = await RegisterAsync((await BackingServers.GetAsync()).Stack.Gateway);
        var token = Text(await account.PostAsync("v1/auth/token"), "access_token");

        await account.RefusedAsync(403, "FORBIDDEN", HttpMethod.Get, Devices, token: $"Bearer {token}");

        await account.PostAsync("v1/auth/logout");

        await Eventually.IsTrueAsync(
            async () => (await account.SendAsync(HttpMethod.Get, Devices, token: $"Bearer {token}")).Status == 401,
            TimeSpan.FromSeconds(60),
            "the ended session's token was not refused");
    }

    [Fact]
    public async Task InternalExchange_FromOutside_IsNotThere()
    {
        using var account = await RegisterAsync((await BackingServers.GetAsync()).Stack.Gateway);

        var (status, _, _) = await account.SendAsync(HttpMethod.Post, "internal/auth/token");

        Assert.Equal(404, status);
    }
}
