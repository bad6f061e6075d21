using System.Collections.Concurrent;
using System.Net;
using Pairing.Contracts.V1;
using PhoneSimulator;

namespace Campaigns.Tests.Faults.Loads;

/// <summary>Phones pair: create, announce, prove; some prove twice at once, some are unlinked again.</summary>
internal sealed class PairingLoad : IServiceLoad
{
    private const int Attempts = 20;

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(300);

    private readonly ConcurrentDictionary<string, Guid> created = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, bool> announced = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, Guid> paired = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, Guid> perhapsPaired = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<Guid, bool> unlinked = new();
    private readonly ConcurrentDictionary<Guid, bool> perhapsUnlinked = new();
    private readonly ConcurrentQueue<(string Token, string DataToken, string Signature)> proofs = [];
    private EventLedger creations = null!;
    private EventLedger announcements = null!;
    private EventLedger pairings = null!;
    private EventLedger unpairings = null!;
    private string tenantKey = "";

    public string Service => "pairing";

    public async Task PrepareAsync(LoadContext context)
    {
        var broker = context.Platform.Broker;
        creations = await EventLedger.OpenAsync<PairingCreated>(broker, "jti");
        announcements = await EventLedger.OpenAsync<PairingInitialized>(broker, "jti");
        pairings = await EventLedger.OpenAsync<DevicePaired>(broker, "jti");
        unpairings = await EventLedger.OpenAsync<DeviceUnpaired>(broker, "userId");
        using var client = context.NewClient();
        tenantKey = await LoginServer.CreateTenantAsync(client, context.Platform.AdminKey);
    }

    public async Task RunAsync(LoadContext context, Random random)
    {
        var began = DateTimeOffset.UtcNow;
        var user = Guid.NewGuid();
        using var client = context.NewClient();
        var loginServer = new LoginServer(client, tenantKey);

        var qrCode = "";
        if (await TryAsync(async () => qrCode = await loginServer.CreatePairingAsync(user, "ada"), context, began, "create") != Outcome.Acknowledged)
        {
            return;
        }

        using var phone = new Phone(client, qrCode);
        created[phone.PairingId] = user;
        PairingChallenge? challenge = null;
        if (await TryAsync(async () => challenge = await phone.InitAsync(), context, began, "init") != Outcome.Acknowledged)
        {
            return;
        }

        announced[phone.PairingId] = true;
        var dataToken = "";
        if (await TryAsync(async () => dataToken = phone.CreateDataToken(await phone.GetEncryptionKeyAsync()), context, began, "key set") != Outcome.Acknowledged)
        {
            return;
        }

        await ProveAsync(context, phone, user, dataToken, phone.Sign(challenge!.Nonce), began, twice: random.Chance(0.2));
        if (paired.ContainsKey(phone.PairingId) && random.Chance(0.15))
        {
            await UnlinkAsync(context, client, user, phone.DeviceId);
        }
    }

    public async Task<IReadOnlyList<Func<HttpRequestMessage>>> ReadsAsync(LoadContext context)
    {
        using var client = context.NewClient();
        var key = await LoginServer.CreateTenantAsync(client, context.Platform.AdminKey);
        using var phone = new Phone(client, await new LoginServer(client, key).CreatePairingAsync(Guid.NewGuid(), "ada"));
        var status = $"tenants/v1/pairing/status/{phone.PairingId}";
        return
        [
            () => new HttpRequestMessage(HttpMethod.Get, status) { Headers = { { "X-API-Key", key } } },
            () => new HttpRequestMessage(HttpMethod.Get, ".well-known/jwks.json"),
        ];
    }

    public async Task ReplayAsync(LoadContext context)
    {
        foreach (var (token, dataToken, signature) in proofs.Reverse().Take(20))
        {
            using var client = context.NewClient();
            using var phone = new Phone(client, token);
            if (await RunAsync(() => phone.CompleteAsync(dataToken, signature)) == Outcome.Acknowledged)
            {
                context.Ledger.AddFault($"pairing: proof of {phone.PairingId} was accepted a second time");
            }
        }
    }

    public async Task<IReadOnlyList<(string What, long Count)>> AccountAsync(LoadContext context)
    {
        var accounts = new Accounts(context, Service);
        var links = await accounts.RowsAsync("SELECT jti::text, count(*) FROM pairing_link GROUP BY jti");
        var users = await accounts.RowsAsync("SELECT user_id::text, count(*) FROM app_user GROUP BY user_id");
        var devices = await accounts.RowsAsync("SELECT user_id::text, count(*) FROM user_device JOIN app_user ON app_user.id = user_device.app_user GROUP BY user_id");

        foreach (var (jti, user) in paired)
        {
            var here = unlinked.ContainsKey(user) ? 0 : perhapsUnlinked.ContainsKey(user) ? (long?)null : 1;
            accounts.Expect(links, jti, 1, $"link of {jti}");
            accounts.Expect(users, user.ToString(), here, $"user of {jti}");
            accounts.Expect(devices, user.ToString(), here, $"device of {jti}");
        }

        foreach (var jti in links.Keys.Where(jti => !paired.ContainsKey(jti) && !perhapsPaired.ContainsKey(jti) && created.ContainsKey(jti)))
        {
            accounts.AddFault($"{jti} is linked, and nobody asked");
        }

        // A link and its event are one commit: where there is one there is the other. Other campaigns made links before this one listened.
        var (ofCreations, ofAnnouncements, ofPairings, ofUnpairings) = (await creations.ReadAsync(), await announcements.ReadAsync(), await pairings.ReadAsync(), await unpairings.ReadAsync());
        accounts.Once(ofCreations, created.Keys, nameof(PairingCreated));
        accounts.Once(ofAnnouncements, announced.Keys, nameof(PairingInitialized));
        accounts.Once(ofPairings, links.Keys.Where(created.ContainsKey), nameof(DevicePaired), possible: _ => false);
        accounts.Once(ofUnpairings, unlinked.Keys.Select(user => user.ToString()), nameof(DeviceUnpaired), possible: user => perhapsUnlinked.ContainsKey(Guid.Parse(user)));

        var enrolled = await ExpectDevicesAsync(context);
        return
        [
            ("pairings created", created.Count), ("phones announced", announced.Count), ("phones paired", paired.Count), ("phones unlinked", unlinked.Count),
            ("devices of that at device-registry", enrolled),
            ("pairings left open by an outage", perhapsPaired.Count),
            ("events", ofCreations.Count + ofAnnouncements.Count + ofPairings.Count + ofUnpairings.Count),
        ];
    }

    /// <summary>device-registry has one device for each phone that was paired; each phone is another person's.</summary>
    private async Task<long> ExpectDevicesAsync(LoadContext context)
    {
        var accounts = new Accounts(context, "device-registry");
        var devices = new Dictionary<string, long>(StringComparer.Ordinal);
        for (var since = DateTimeOffset.UtcNow; !context.IsOverdue(since); await Task.Delay(Pause))
        {
            devices = await accounts.RowsAsync("SELECT user_id, count(*) FROM devices WHERE pairing_reference IS NOT NULL GROUP BY user_id");
            if (paired.All(one => devices.ContainsKey(one.Value.ToString()) || unlinked.ContainsKey(one.Value) || perhapsUnlinked.ContainsKey(one.Value)))
            {
                break;
            }
        }

        foreach (var (jti, user) in paired)
        {
            // The news of the end may overtake that of the beginning: then the device is never made.
            accounts.Expect(devices, user.ToString(), unlinked.ContainsKey(user) || perhapsUnlinked.ContainsKey(user) ? null : 1, $"device of pairing {jti}");
        }

        return paired.LongCount(one => devices.ContainsKey(one.Value.ToString()));
    }

    private async Task ProveAsync(LoadContext context, Phone phone, Guid user, string dataToken, string signature, DateTimeOffset began, bool twice)
    {
        var outcomes = await Task.WhenAll(Enumerable.Range(0, twice ? 2 : 1).Select(_ => RunAsync(() => phone.CompleteAsync(dataToken, signature))));
        var acknowledged = outcomes.Count(outcome => outcome == Outcome.Acknowledged);
        for (var attempt = 0; acknowledged == 0 && outcomes.Contains(Outcome.Unknown) && attempt < Attempts; attempt++)
        {
            // The nonce stays good when it was our own failure; and when the link was made after all, the answer says so.
            perhapsPaired[phone.PairingId] = user;
            await Task.Delay(Pause);
            outcomes = [await RunAsync(() => phone.CompleteAsync(dataToken, signature))];
            acknowledged = outcomes.Count(outcome => outcome == Outcome.Acknowledged);
        }

        if (acknowledged > 1)
        {
            context.Ledger.AddFault($"pairing: {phone.PairingId} was completed {acknowledged} times");
        }

        if (acknowledged > 0)
        {
            paired[phone.PairingId] = user;
            proofs.Enqueue((phone.Token, dataToken, signature));
        }
        else if (!perhapsPaired.ContainsKey(phone.PairingId) && !context.Outages.RedisWasLost(began, DateTimeOffset.UtcNow))
        {
            context.Ledger.AddFault($"pairing: {phone.PairingId} was refused without a reason");
        }
    }

    private async Task UnlinkAsync(LoadContext context, HttpClient client, Guid user, string device)
    {
        using var request = new HttpRequestMessage(HttpMethod.Delete, $"tenants/v1/users/{user}/devices/{Uri.EscapeDataString(device)}") { Headers = { { "X-API-Key", tenantKey } } };
        try
        {
            using var answer = await client.SendAsync(request);
            if (answer.StatusCode == HttpStatusCode.NoContent)
            {
                unlinked[user] = true;
            }
            else if ((int)answer.StatusCode >= 500)
            {
                perhapsUnlinked[user] = true;
            }
            else
            {
                context.Ledger.AddFault($"pairing: unlinking {user} was answered with {(int)answer.StatusCode}");
            }
        }
        catch (HttpRequestException)
        {
            perhapsUnlinked[user] = true;
        }
    }

    /// <summary>A refusal needs a reason: Redis has lost the pairing.</summary>
    private static async Task<Outcome> TryAsync(Func<Task> request, LoadContext context, DateTimeOffset began, string what)
    {
        var error = "";
        var outcome = await RunAsync(request, refusal => error = refusal.Error);
        if (outcome == Outcome.Refused && !context.Outages.RedisWasLost(began, DateTimeOffset.UtcNow))
        {
            context.Ledger.AddFault($"pairing: {what} was refused without a reason: {error}");
        }

        return outcome;
    }

    private static async Task<Outcome> RunAsync(Func<Task> request, Action<GatewayRefusalException>? refused = null)
    {
        try
        {
            await request();
            return Outcome.Acknowledged;
        }
        catch (GatewayRefusalException refusal) when ((int)refusal.Status < 500)
        {
            refused?.Invoke(refusal);
            return Outcome.Refused;
        }
        catch (Exception exception) when (exception is GatewayRefusalException or HttpRequestException or TaskCanceledException)
        {
            return Outcome.Unknown;
        }
    }
}
