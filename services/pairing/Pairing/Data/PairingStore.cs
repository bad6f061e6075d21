using Pairing.Domain;
using ServiceDefaults.Data;
using StackExchange.Redis;

namespace Pairing.Data;

/// <summary>
/// The state of pairings that are not linked yet. In Redis, because it lives for minutes; each change is one script that compares
/// and swaps, so that of any number of parallel attempts one wins. A linked pairing is a row in Postgres (<see cref="PairingDatabase"/>).
/// </summary>
internal sealed class PairingStore(IConnectionMultiplexer redis, RedisKeys keys, TimeProvider clock)
{
    // An index outlives everything that it can name: a realm's token of 600 s, and 10 min of retention.
    private static readonly long IndexLifetime = (long)TimeSpan.FromMinutes(30).TotalMilliseconds;
    private static readonly long ClaimLifetime = (long)PairingRules.ClaimLifetime.TotalMilliseconds;
    private static readonly long Retention = (long)PairingRules.EndedRetention.TotalMilliseconds;

    private static readonly RedisScript CreateScript = RedisScript.Load<PairingOptions>("create");
    private static readonly RedisScript UndoCreateScript = RedisScript.Load<PairingOptions>("undo_create");
    private static readonly RedisScript InitializeScript = RedisScript.Load<PairingOptions>("initialize");
    private static readonly RedisScript UndoInitializeScript = RedisScript.Load<PairingOptions>("undo_initialize");
    private static readonly RedisScript ClaimScript = RedisScript.Load<PairingOptions>("claim");
    private static readonly RedisScript ReleaseScript = RedisScript.Load<PairingOptions>("release");
    private static readonly RedisScript DenyScript = RedisScript.Load<PairingOptions>("deny");
    private static readonly RedisScript ApproveScript = RedisScript.Load<PairingOptions>("approve");
    private static readonly RedisScript SettleScript = RedisScript.Load<PairingOptions>("settle");

    // What init adds and complete needs.
    private static readonly RedisValue[] ProofFields =
        ["nonce", "row", "deviceId", "displayName", "platform", "osVersion", "model", "key", "pushToken", "pushUsable"];

    private static readonly RedisValue[] StateFields = ["status", "reason", "exp", "until", "tenant"];

    private IDatabase Redis => redis.GetDatabase();

    private long Now => clock.GetUtcNow().ToUnixTimeMilliseconds();

    /// <summary>Writes a new pairing and ends the user's unfinished ones.</summary>
    /// <returns><see langword="null"/> while a proof is at work on one of them: it has to be decided first.</returns>
    public async Task<CreatedPairing?> CreateAsync(Guid jti, Guid tenantId, Guid userId, string issuer, string username, long expiresAt)
    {
        var answer = (RedisResult[])await CreateScript.RunAsync(Redis, Keys(jti, tenantId, userId), [
            Now, Text(jti), expiresAt * 1000, Retention, ClaimLifetime, IndexLifetime, keys.StatePrefix,
            "tenant", Text(tenantId), "user", Text(userId), "issuer", issuer, "username", username]);
        if ((string)answer[0] == "busy")
        {
            return null;
        }

        return new CreatedPairing((string)answer[1], [.. answer.Skip(2).Select(old => Guid.Parse((string)old))]);
    }

    /// <summary>
    /// Takes a <see cref="CreateAsync"/> back whose event could not be committed, or whose answer did not come: Redis does what it was
    /// asked for in order, so this comes after it. Does nothing when it had not happened.
    /// </summary>
    public Task UndoCreateAsync(Guid jti, Guid tenantId, Guid userId)
        => UndoCreateScript.RunAsync(Redis, Keys(jti, tenantId, userId), [Now, Text(jti), Retention, IndexLifetime, keys.StatePrefix]);

    /// <summary>CREATED → PENDING, with nonce and device. Of parallel calls one succeeds.</summary>
    /// <param name="mayCreate">Whether a pairing that is not there is made: first use of a realm's token.</param>
    public async Task<InitializeOutcome> InitializeAsync(PairingToken token, bool mayCreate, string username, string nonce, AnnouncedDevice device)
    {
        var answer = (RedisResult[])await InitializeScript.RunAsync(Redis, Keys(token.Jti, token.TenantId, token.UserId), [
            Now, Text(token.Jti), Text(token.TenantId), Text(token.UserId), token.Issuer,
            mayCreate ? token.ExpiresAt * 1000 : RedisValue.EmptyString, username, Retention, IndexLifetime,
            "nonce", nonce,
            "row", Text(device.Row), "deviceId", device.DeviceId, "displayName", device.DisplayName, "platform", device.Platform,
            "osVersion", device.OsVersion ?? "", "model", device.Model ?? "", "key", device.PublicKey.SubjectPublicKeyInfo.ToArray(),
            "pushToken", device.SealedPushToken, "pushUsable", device.HasUsablePushToken ? 1 : 0]);
        return (string)answer[0] switch
        {
            "ok" => new InitializeOutcome(StoreRefusal.None, (long)answer[1] / 1000, (string)answer[2]),
            var refusal => new InitializeOutcome(Refusal(refusal), 0, ""),
        };
    }

    /// <summary>Takes an <see cref="InitializeAsync"/> back whose event could not be committed. Does nothing when it had not happened.</summary>
    public Task UndoInitializeAsync(PairingToken token, string nonce)
        => UndoInitializeScript.RunAsync(
            Redis, Keys(token.Jti, token.TenantId, token.UserId), [Text(token.Jti), nonce, .. ProofFields]);

    /// <summary>PENDING → verifying. Of parallel calls one succeeds; it alone may go on, for at most 30 s.</summary>
    public async Task<ClaimOutcome> ClaimAsync(PairingToken token, string claim)
    {
        var answer = (RedisResult[])await ClaimScript.RunAsync(Redis, [keys.State(token.Jti), keys.Due], [
            Now, Text(token.Jti), Text(token.TenantId), Text(token.UserId), token.Issuer, claim, ClaimLifetime, IndexLifetime,
            .. ProofFields]);
        return (string)answer[0] == "ok"
            ? new ClaimOutcome(StoreRefusal.None, ReadProof((RedisValue[])answer[1]))
            : new ClaimOutcome(Refusal((string)answer[0]), null);
    }

    /// <summary>verifying → PENDING, by the holder of the claim; also takes a <see cref="DenyAsync"/> back that could not be committed.</summary>
    public Task ReleaseAsync(Guid jti, string claim)
        => ReleaseScript.RunAsync(Redis, [keys.State(jti), keys.Due], [Now, Text(jti), claim, Retention, IndexLifetime]);

    /// <summary>verifying → DENIED, by the holder of the claim.</summary>
    /// <returns>Whether it still held the claim.</returns>
    public async Task<bool> DenyAsync(Guid jti, string claim, string reason)
        => (long)await DenyScript.RunAsync(Redis, [keys.State(jti), keys.Due], [Now, Text(jti), claim, reason, Retention]) == 1;

    /// <summary>→ APPROVED, after Postgres has committed the link, which decides.</summary>
    public Task ApproveAsync(PairingToken token, DateTimeOffset linkedAt)
        => ApproveAsync(new LinkedPairing(token.Issuer, token.Jti, token.TenantId, token.UserId, linkedAt), token.ExpiresAt * 1000);

    /// <summary>→ APPROVED, for a link that was found later; its end of life is the one that the state names.</summary>
    public Task ApproveAsync(LinkedPairing link) => ApproveAsync(link, RedisValue.EmptyString);

    /// <summary>The state of a pairing, or <see langword="null"/>.</summary>
    public async Task<PairingState?> FindAsync(Guid jti)
    {
        var values = await Redis.HashGetAsync(keys.State(jti), StateFields).WaitAsync(RedisScript.Timeout);
        return values[0].IsNull
            ? null
            : new PairingState(
                Guid.Parse((string)values[4]!),
                Enum.Parse<PairingStage>((string)values[0]!, ignoreCase: true),
                (string)values[1]!,
                DateTimeOffset.FromUnixTimeMilliseconds((long)values[2]),
                DateTimeOffset.FromUnixTimeMilliseconds((long)values[3]));
    }

    /// <summary>Pairings whose end, or whose claim's end, has come.</summary>
    public async Task<IReadOnlyList<Guid>> FindDueAsync(int limit)
    {
        var due = await Redis.SortedSetRangeByScoreAsync(keys.Due, double.NegativeInfinity, Now, take: limit).WaitAsync(RedisScript.Timeout);
        return Array.ConvertAll(due, jti => Guid.Parse((string)jti!));
    }

    /// <summary>Gives due pairings the state they are due, after the linked ones were approved; see <c>settle.lua</c>.</summary>
    /// <returns>The expired ones: their event has to be published, and then <see cref="ForgetDueAsync"/> called.</returns>
    public async Task<IReadOnlyList<ExpiredPairing>> SettleAsync(IReadOnlyList<Guid> due)
    {
        var answer = (RedisResult[])await SettleScript.RunAsync(
            Redis, [keys.Due], [Now, ClaimLifetime, keys.StatePrefix, .. due.Select(jti => (RedisValue)Text(jti))]);
        var expired = new List<ExpiredPairing>(answer.Length / 4);
        for (var i = 0; i < answer.Length; i += 4)
        {
            expired.Add(new ExpiredPairing(
                Guid.Parse((string)answer[i]),
                Guid.Parse((string)answer[i + 1]),
                Guid.Parse((string)answer[i + 2]),
                DateTimeOffset.FromUnixTimeMilliseconds((long)answer[i + 3])));
        }

        return expired;
    }

    /// <summary>The events of these pairings are safe: nothing is left to do for them.</summary>
    public Task ForgetDueAsync(IEnumerable<Guid> jtis)
        => Redis.SortedSetRemoveAsync(keys.Due, [.. jtis.Select(jti => (RedisValue)Text(jti))]).WaitAsync(RedisScript.Timeout);

    /// <summary>Asks Redis for a sign of life.</summary>
    public Task PingAsync() => Redis.PingAsync().WaitAsync(RedisScript.Timeout);

    private Task<RedisResult> ApproveAsync(LinkedPairing link, RedisValue expiresAt)
    {
        var until = (link.LinkedAt + PairingRules.ApprovedRetention).ToUnixTimeMilliseconds();
        return ApproveScript.RunAsync(Redis, [keys.State(link.Jti), keys.Due], [
            Text(link.Jti), Text(link.TenantId), Text(link.UserId), link.Issuer, expiresAt, until, until - Now, .. ProofFields]);
    }

    private static ClaimedProof ReadProof(RedisValue[] values) => new(
        (string)values[0]!,
        Guid.Parse((string)values[1]!),
        (string)values[2]!,
        (string)values[3]!,
        (string)values[4]!,
        values[5].IsNullOrEmpty ? null : (string)values[5]!,
        values[6].IsNullOrEmpty ? null : (string)values[6]!,
        DevicePublicKey.FromSubjectPublicKeyInfo((byte[])values[7]!) ?? throw new InvalidOperationException("The stored key is none."),
        (byte[])values[8]!,
        (bool)values[9]);

    private static StoreRefusal Refusal(string code) => code switch
    {
        "tenant_mismatch" => StoreRefusal.TenantMismatch,
        "already_initialized" => StoreRefusal.AlreadyInitialized,
        "not_pending" => StoreRefusal.NotPending,
        "replayed" => StoreRefusal.Replayed,
        _ => StoreRefusal.NotFound,
    };

    private RedisKey[] Keys(Guid jti, Guid tenantId, Guid userId) => [keys.State(jti), keys.User(tenantId, userId), keys.Due];

    private static string Text(Guid id) => id.ToString();
}
