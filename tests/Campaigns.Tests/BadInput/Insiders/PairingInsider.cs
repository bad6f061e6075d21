using System.Text.Json;
using PhoneSimulator;

namespace Campaigns.Tests.BadInput.Insiders;

/// <summary>A tenant, its login server, and phones that have read a QR code.</summary>
internal sealed class PairingInsider : IInsider, IDisposable
{
    /// <summary>Pairing allows ten calls a minute with one token.</summary>
    private const int UsesOfAToken = 8;

    private readonly SemaphoreSlim gate = new(1, 1);
    private HttpClient? client;
    private Uri? gateway;
    private string adminKey = "";
    private string tenantKey = "";
    private ReadyPhone? unannounced;
    private ReadyPhone? announced;

    public string Service => "pairing";

    public async Task PrepareAsync(SignedInPlatform platform)
    {
        gateway = platform.Gateway;
        adminKey = platform.AdminKey;
        client = Caller.New(gateway);
        tenantKey = await LoginServer.CreateTenantAsync(client, adminKey);
    }

    public async Task FillInAsync(RequestDraft draft, Random random)
    {
        if (draft.Operation.Path.StartsWith("/admin/", StringComparison.Ordinal))
        {
            draft.SetHeader("X-API-Key", adminKey);
        }
        else if (draft.Operation.Path.StartsWith("/tenants/", StringComparison.Ordinal))
        {
            draft.SetHeader("X-API-Key", tenantKey);
        }
        else if (draft.Operation.Path.StartsWith("/mobile/", StringComparison.Ordinal))
        {
            await FillInPhoneAsync(draft, complete: draft.Operation.Path.EndsWith("/complete", StringComparison.Ordinal));
        }
    }

    public void Dispose()
    {
        gate.Dispose();
        unannounced?.Dispose();
        announced?.Dispose();
        client?.Dispose();
    }

    private async Task FillInPhoneAsync(RequestDraft draft, bool complete)
    {
        await gate.WaitAsync();
        try
        {
            var ready = complete
                ? announced = await ReadyAsync(announced, announce: true)
                : unannounced = await ReadyAsync(unannounced, announce: false);
            var phone = ready.Phone;
            draft.SetHeader("Authorization", $"Bearer {phone.Token}");
            draft.Members = ready.Challenge is { } challenge
                ? [("dataToken", Json(phone.CreateDataToken(ready.EncryptionKey))), ("signature", Json(phone.Sign(challenge.Nonce)))]
                :
                [
                    ("deviceId", Json(phone.DeviceId)),
                    ("displayName", "\"A phone\""),
                    ("publicKey", Json(phone.PublicKey)),
                    ("fcmToken", Json(phone.PushToken)),
                    ("platform", "\"ANDROID\""),
                    ("osVersion", "\"16\""),
                    ("model", "\"A model\""),
                ];
        }
        finally
        {
            gate.Release();
        }
    }

    /// <summary>The phone, or a new one when its token has been used often enough.</summary>
    private async Task<ReadyPhone> ReadyAsync(ReadyPhone? ready, bool announce)
    {
        if (ready is not null && ++ready.Uses < UsesOfAToken)
        {
            return ready;
        }

        ready?.Dispose();
        var own = Caller.New(gateway!); // the limit per address counts the announcements
        var phone = new Phone(own, await new LoginServer(own, tenantKey).CreatePairingAsync(Guid.NewGuid(), "ada"));
        return new ReadyPhone(own, phone, await phone.GetEncryptionKeyAsync(), announce ? await phone.InitAsync() : null);
    }

    private static string Json(string text) => JsonSerializer.Serialize(text);

    /// <param name="Challenge">When the phone has announced itself.</param>
    private sealed record ReadyPhone(HttpClient Client, Phone Phone, JsonElement EncryptionKey, PairingChallenge? Challenge) : IDisposable
    {
        public int Uses { get; set; }

        public void Dispose()
        {
            Phone.Dispose();
            Client.Dispose();
        }
    }
}
