using System.Collections.Concurrent;
using System.Globalization;
using System.Security.Cryptography;
using DeviceRegistry.Contracts.V1;

namespace Campaigns.Tests.Faults.Loads;

/// <summary>
/// Groups of one person with a session of identity-auth: devices are enrolled, one gets the group's key and grants it to another, the key is
/// rotated, a device is revoked. Grants and rotations are tried twice at the same time.
/// </summary>
internal sealed class DeviceRegistryLoad : IServiceLoad
{
    private const string Api = "authlance/identity/api/v1";

    private readonly ConcurrentDictionary<long, int> groups = new();
    private readonly ConcurrentDictionary<string, string> devices = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, bool> activated = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, bool> asked = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, bool> granted = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, bool> rotated = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<long, bool> perhapsRotated = new();
    private readonly ConcurrentDictionary<string, bool> revoked = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, bool> perhapsRevoked = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, bool> endedSessions = new(StringComparer.Ordinal);
    private readonly ConcurrentQueue<(string Path, object Body, string Token)> used = [];
    private int beats;
    private EventLedger registrations = null!;
    private EventLedger activations = null!;
    private EventLedger requests = null!;
    private EventLedger grants = null!;
    private EventLedger rotations = null!;
    private EventLedger revocations = null!;

    public string Service => "device-registry";

    public async Task PrepareAsync(LoadContext context)
    {
        var broker = context.Platform.Broker;
        registrations = await EventLedger.OpenAsync<DeviceRegistered>(broker, "deviceId");
        activations = await EventLedger.OpenAsync<DeviceActivated>(broker, "deviceId");
        requests = await EventLedger.OpenAsync<KeyRequestCreated>(broker, "requestId");
        grants = await EventLedger.OpenAsync<KeyRequestGranted>(broker, "requestId");
        rotations = await EventLedger.OpenAsync<GroupKeyRotated>(broker, "groupId", "keyVersion");
        revocations = await EventLedger.OpenAsync<DeviceRevoked>(broker, "deviceId");
    }

    public async Task RunAsync(LoadContext context, Random random)
    {
        using var client = context.NewClient();
        if (await NewGroupAsync(context, client) is not { } group
            || await RegisterAsync(context, group) is not { } first
            || !await ActivateAsync(context, group, first)
            || await RegisterAsync(context, group) is not { } second
            || !await AskAndGrantAsync(context, group, second))
        {
            return;
        }

        // What devices do most.
        for (var times = random.Next(5, 30); times > 0; times--)
        {
            await BeatAsync(context, group, random.Chance(0.5) ? first : second);
        }

        if (random.Chance(0.4))
        {
            await RotateAsync(context, group, [first, second]);
        }

        if (random.Chance(0.4))
        {
            await RevokeAsync(context, group, second);
        }
    }

    public async Task<IReadOnlyList<Func<HttpRequestMessage>>> ReadsAsync(LoadContext context)
    {
        using var client = context.NewClient();
        var group = await NewGroupAsync(context, client) ?? throw new InvalidOperationException("There is no group.");
        var device = await RegisterAsync(context, group);
        return [() => WithToken($"{group.Path}/devices"), () => WithToken($"{group.Path}/devices/{device}"), () => WithToken($"{group.Path}/keys/version")];

        HttpRequestMessage WithToken(string path)
        {
            var request = new HttpRequestMessage(HttpMethod.Get, path);
            request.Headers.TryAddWithoutValidation("Authorization", group.Token);
            return request;
        }
    }

    public async Task ReplayAsync(LoadContext context)
    {
        foreach (var (path, body, token) in used.Reverse().Take(20))
        {
            using var client = context.NewClient();
            if ((await client.CallAsync(HttpMethod.Post, path, body, token)).IsSuccess)
            {
                context.Ledger.AddFault($"device-registry: /{path} was accepted a second time");
            }
        }
    }

    public async Task<IReadOnlyList<(string What, long Count)>> AccountAsync(LoadContext context)
    {
        var accounts = new Accounts(context, Service);
        var versions = await accounts.RowsAsync("SELECT id::text, key_version FROM groups");
        var rows = await accounts.RowsAsync("SELECT device_id::text, count(*) FROM devices GROUP BY device_id");
        var revokedRows = await accounts.RowsAsync("SELECT device_id::text, count(*) FROM devices WHERE status = 'revoked' GROUP BY device_id");
        var everActive = await accounts.RowsAsync("SELECT device_id::text, count(*) FROM devices WHERE was_active GROUP BY device_id");
        var requestRows = await accounts.RowsAsync("SELECT request_id::text, count(*) FROM key_requests GROUP BY request_id");
        var grantedRows = await accounts.RowsAsync("SELECT request_id::text, count(*) FROM key_requests WHERE status = 'granted' GROUP BY request_id");

        // The key's version is 1 and one more for each rotation.
        foreach (var (group, times) in groups)
        {
            if (!perhapsRotated.ContainsKey(group))
            {
                accounts.Expect(versions, group.ToString(CultureInfo.InvariantCulture), times, $"version of the key of group {group}");
            }
        }

        foreach (var device in devices.Keys)
        {
            accounts.Expect(rows, device, 1, $"device {device}");
            accounts.Expect(revokedRows, device, revoked.ContainsKey(device) ? 1 : perhapsRevoked.ContainsKey(device) ? null : 0, $"revoked device {device}");
        }

        activated.Keys.ToList().ForEach(device => accounts.Expect(everActive, device, 1, $"active device {device}"));
        asked.Keys.ToList().ForEach(request => accounts.Expect(requestRows, request, 1, $"key request {request}"));
        granted.Keys.ToList().ForEach(request => accounts.Expect(grantedRows, request, 1, $"granted key request {request}"));

        // A change and its event are one commit: where there is one there is the other.
        var (ofDevices, ofActivations, ofRequests) = (await registrations.ReadAsync(), await activations.ReadAsync(), await requests.ReadAsync());
        var (ofGrants, ofRotations, ofRevocations) = (await grants.ReadAsync(), await rotations.ReadAsync(), await revocations.ReadAsync());
        accounts.Once(ofDevices, devices.Keys, nameof(DeviceRegistered), rows.ContainsKey);
        accounts.Once(ofActivations, activated.Keys, nameof(DeviceActivated), everActive.ContainsKey);
        accounts.Once(ofRequests, asked.Keys, nameof(KeyRequestCreated), requestRows.ContainsKey);
        accounts.Once(ofGrants, granted.Keys, nameof(KeyRequestGranted), grantedRows.ContainsKey);
        accounts.Once(ofRotations, rotated.Keys, nameof(GroupKeyRotated));
        accounts.Once(ofRevocations, revoked.Keys, nameof(DeviceRevoked), revokedRows.ContainsKey);

        await ExpectEndedSessionsAsync(context, accounts);
        return
        [
            ("groups", groups.Count), ("devices enrolled", devices.Count), ("devices activated", activated.Count), ("key requests", asked.Count), ("keys granted", granted.Count),
            ("heartbeats", beats), ("keys rotated", rotated.Count), ("devices revoked", revoked.Count), ("sessions ended by that", endedSessions.Count),
            ("events", ofDevices.Count + ofActivations.Count + ofRequests.Count + ofGrants.Count + ofRotations.Count + ofRevocations.Count),
        ];
    }

    /// <summary>identity-auth ends the session on which a device was enrolled that is revoked.</summary>
    private async Task ExpectEndedSessionsAsync(LoadContext context, Accounts accounts)
    {
        var identityAuth = new Accounts(context, "identity-auth");
        List<string> alive = [];
        var since = DateTimeOffset.UtcNow;
        do
        {
            var sessions = await identityAuth.RowsAsync("SELECT translate(encode(token_hash, 'base64'), '+/=', '-_'), count(*) FROM sessions GROUP BY token_hash");
            alive = [.. endedSessions.Keys.Where(sessions.ContainsKey)];
        }
        while (alive.Count > 0 && !context.IsOverdue(since));

        alive.ForEach(session => accounts.AddFault($"session {session} outlives its revoked device"));
    }

    /// <summary>Somebody with a session, and a group of which he is the only member.</summary>
    private async Task<Group?> NewGroupAsync(LoadContext context, HttpClient client)
    {
        var (person, _) = await JsonCalls.InsistAsync(
            () => client.CallAsync(HttpMethod.Post, "v1/auth/register", new { date_of_birth = "1990-01-02", consent = true }), attempts: 4);
        if (!person.IsSuccess)
        {
            return null;
        }

        var name = $"campaign-{Guid.NewGuid():N}";
        var administrator = context.Platform.AdministratorToken;
        var (made, wasUnknown) = await JsonCalls.InsistAsync(() => client.CallAsync(HttpMethod.Put, $"{Api}/admin/group", new { id = -1, name }, administrator));
        if (made.Status == 409 && wasUnknown)
        {
            (made, _) = await JsonCalls.InsistAsync(() => client.CallAsync(HttpMethod.Get, $"{Api}/admin/group/{name}", token: administrator));
        }

        if (!IsDone(context, made, "group"))
        {
            return null;
        }

        var (added, _) = await JsonCalls.InsistAsync(
            () => client.CallAsync(HttpMethod.Post, $"{Api}/admin/group/{name}/members", new { identity = person.Text("user_id"), group = name }, administrator));
        if (!IsDone(context, added, "member"))
        {
            return null;
        }

        var id = made.Body.GetProperty("id").GetInt64();
        groups[id] = 0;
        return new Group(client, id, name, person.Text("token"));
    }

    private async Task<string?> RegisterAsync(LoadContext context, Group group)
    {
        var body = new { deviceName = "Firefox on Linux", deviceType = "web", publicKey = Group.NewPublicKey() };
        var (reply, _) = await JsonCalls.InsistAsync(() => group.Client.CallAsync(HttpMethod.Post, $"{group.Path}/devices", body, group.Token));
        if (!IsDone(context, reply, "device"))
        {
            return null;
        }

        devices[reply.Text("deviceId")] = body.publicKey;
        return reply.Text("deviceId");
    }

    private async Task<bool> ActivateAsync(LoadContext context, Group group, string device)
    {
        var (reply, _) = await JsonCalls.InsistAsync(
            () => group.Client.CallAsync(HttpMethod.Post, $"{group.Path}/devices/{device}/activate", new { encryptedGroupKey = NewWrappedKey() }, group.Token));
        if (!IsDone(context, reply, "activation"))
        {
            // Whether the group has a key is not known.
            groups.TryRemove(group.Id, out _);
            return false;
        }

        groups[group.Id] = 1;
        activated[device] = true;
        return true;
    }

    private async Task<bool> AskAndGrantAsync(LoadContext context, Group group, string device)
    {
        var (reply, _) = await JsonCalls.InsistAsync(
            () => group.Client.CallAsync(HttpMethod.Post, $"{group.Path}/devices/key-requests", new { requestingDeviceId = device }, group.Token));
        if (!IsDone(context, reply, "key request"))
        {
            return false;
        }

        var request = reply.Text("requestId");
        asked[request] = true;
        var path = $"{group.Path}/devices/key-requests/{request}/grant";
        var body = new { encryptedGroupKey = NewWrappedKey() };
        var (replies, isKnown) = await TwiceAsync(() => group.Client.CallAsync(HttpMethod.Post, path, body, group.Token));
        switch (replies.Count(one => one.IsSuccess))
        {
            case 1:
                granted[request] = activated[device] = true;
                used.Enqueue((path, body, group.Token));
                return true;

            case > 1:
                context.Ledger.AddFault("device-registry: a key request was granted twice");
                return false;

            default:
                if (isKnown)
                {
                    context.Ledger.AddFault($"device-registry: grant was refused without a reason: {replies[0]}");
                }

                return false;
        }
    }

    private async Task BeatAsync(LoadContext context, Group group, string device)
    {
        var reply = await group.Client.CallAsync(HttpMethod.Post, $"{group.Path}/devices/{device}/heartbeat", token: group.Token);
        if (reply.IsSuccess)
        {
            Interlocked.Increment(ref beats);
        }
        else if (!reply.IsUnknown && !reply.IsLimited)
        {
            IsDone(context, reply, "heartbeat");
        }
    }

    private async Task RotateAsync(LoadContext context, Group group, IReadOnlyList<string> among)
    {
        var path = $"{group.AdministratorPath}/keys/rotate";
        var body = new
        {
            deviceKeys = among.Select(device => new { deviceId = device, encryptedGroupKey = NewWrappedKey(), senderPublicKey = devices[device] }),
            expectedKeyVersion = 1,
        };
        var (replies, isKnown) = await TwiceAsync(() => group.Client.CallAsync(HttpMethod.Post, path, body, context.Platform.AdministratorToken));
        switch (replies.Count(one => one.IsSuccess))
        {
            case 1:
                groups[group.Id] = 2;
                rotated[$"{group.Id}/2"] = true;
                used.Enqueue((path, body, context.Platform.AdministratorToken));
                break;

            case > 1:
                context.Ledger.AddFault("device-registry: a version of a key was rotated twice");
                break;

            default:
                perhapsRotated[group.Id] = true;
                if (isKnown)
                {
                    context.Ledger.AddFault($"device-registry: rotation was refused without a reason: {replies[0]}");
                }

                break;
        }
    }

    private async Task RevokeAsync(LoadContext context, Group group, string device)
    {
        perhapsRevoked[device] = true;
        var (reply, _) = await JsonCalls.InsistAsync(
            () => group.Client.CallAsync(HttpMethod.Post, $"{group.AdministratorPath}/devices/{device}/revoke", new { }, context.Platform.AdministratorToken));
        if (IsDone(context, reply, "revocation"))
        {
            revoked[device] = true;
            endedSessions[group.SessionId] = true;
        }
    }

    /// <summary>Twice at the same time, and again while it is not known what happened.</summary>
    private static async Task<(List<Reply> Replies, bool IsKnown)> TwiceAsync(Func<Task<Reply>> call)
    {
        var replies = (await Task.WhenAll(call(), call())).ToList();
        if (!replies.Exists(reply => reply.IsSuccess) && replies.Exists(reply => reply.IsUnknown))
        {
            replies.Add((await JsonCalls.InsistAsync(call)).Reply);
        }

        return (replies, !replies.Exists(reply => reply.IsUnknown || reply.IsLimited));
    }

    /// <summary>Whether it was acknowledged. A 4xx, for which nothing in these stories gives a reason, is written down.</summary>
    private static bool IsDone(LoadContext context, Reply reply, string what)
    {
        if (!reply.IsSuccess && !reply.IsUnknown && !reply.IsLimited)
        {
            context.Ledger.AddFault($"device-registry: {what} was refused without a reason: {reply}");
        }

        return reply.IsSuccess;
    }

    /// <summary>Opaque to the service: 60 bytes.</summary>
    private static string NewWrappedKey() => Convert.ToBase64String(RandomNumberGenerator.GetBytes(60));

    private sealed record Group(HttpClient Client, long Id, string Name, string Token)
    {
        public string Path => string.Create(CultureInfo.InvariantCulture, $"{Api}/realm/groups/{Id}");

        public string AdministratorPath => string.Create(CultureInfo.InvariantCulture, $"{Api}/realm/admin/groups/{Id}");

        /// <summary>How the session is named in events.</summary>
        public string SessionId => System.Buffers.Text.Base64Url.EncodeToString(SHA256.HashData(System.Text.Encoding.ASCII.GetBytes(Token)));

        public static string NewPublicKey()
        {
            using var key = ECDiffieHellman.Create(ECCurve.NamedCurves.nistP256);
            return Convert.ToBase64String(key.ExportSubjectPublicKeyInfo());
        }
    }
}
