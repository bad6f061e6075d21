using Campaigns.Tests.Faults.Loads;
using PhoneSimulator;

namespace Campaigns.Tests.Secrets;

internal sealed class PairingSecrets : ISecretStory
{
    public async Task<IReadOnlyList<Secret>> RunAsync(LoadContext context)
    {
        using var client = Caller.New(context.Platform.Gateway);
        var tenantKey = await LoginServer.CreateTenantAsync(client, context.Platform.AdminKey);
        var loginServer = new LoginServer(client, tenantKey);
        List<Secret> secrets = [new("administrator's key", context.Platform.AdminKey), new("tenant's key", tenantKey)];

        var user = Guid.NewGuid();
        var name = $"ada-{Guid.NewGuid():N}";
        using var phone = new Phone(client, await loginServer.CreatePairingAsync(user, name));
        var challenge = await phone.InitAsync();
        var encryptionKey = await phone.GetEncryptionKeyAsync();
        var dataToken = phone.CreateDataToken(encryptionKey);
        var signature = phone.Sign(challenge.Nonce);
        await phone.CompleteAsync(dataToken, signature);
        await RefusedAsync(() => phone.CompleteAsync(dataToken, signature));
        secrets.AddRange(
        [
            new("pairing token", phone.Token), new("signature of the pairing token", phone.Token.Split('.')[2]), new("nonce", challenge.Nonce),
            new("data token", dataToken[..200]), new("proof", signature), new("push token", phone.PushToken), new("user's name", name),
        ]);

        using var stranger = new Phone(client, await loginServer.CreatePairingAsync(Guid.NewGuid(), name));
        var other = await stranger.InitAsync();
        await RefusedAsync(() => stranger.CompleteAsync(stranger.CreateDataToken(encryptionKey), signature));
        secrets.AddRange([new("pairing token of a denied pairing", stranger.Token), new("nonce of a denied pairing", other.Nonce)]);

        var wrongKey = Guid.NewGuid().ToString();
        await RefusedAsync(() => new LoginServer(client, wrongKey).CreatePairingAsync(user, name));
        var wrongToken = $"{phone.Token}x";
        using var forger = new Phone(client, wrongToken);
        await RefusedAsync(() => forger.InitAsync());
        secrets.AddRange([new("wrong tenant's key", wrongKey), new("forged token", wrongToken)]);
        return secrets;
    }

    private static async Task RefusedAsync(Func<Task> request)
    {
        try
        {
            await request();
        }
        catch (GatewayRefusalException)
        {
            // As it should be; what matters is what is logged of it.
        }
    }
}
