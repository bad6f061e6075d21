using System.Globalization;
using System.Text.Json;
using IdentityAuth.Domain;
using ServiceDefaults.Data;
using StackExchange.Redis;

namespace IdentityAuth.Data;

/// <summary>What a device finds when it looks.</summary>
internal enum HandoffStatus
{
    Pending,
    Completed,
    Expired,
}

/// <summary>What came of confirming a code.</summary>
internal enum HandoffClaim
{
    Unknown,
    Expired,
    Claimed,
}

/// <summary>A session that waits for its device.</summary>
internal sealed record HandoffResult(string Token, long UserId)
{
    public override string ToString() => "(result)";
}

/// <summary>
/// Handoffs of contract §6, in Redis for five minutes. Every step is one script: of parallel confirmations one wins, of parallel
/// looks one gets the session. The code is on a screen, where others may read it; the secret beside it only its device knows.
/// </summary>
internal sealed class Handoffs(IConnectionMultiplexer redis, RedisKeys names, SealedData sealer, TimeProvider clock)
{
    public static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(5);

    /// <summary>A code is remembered for a while beyond its time, so that a late confirmation is told why it fails.</summary>
    private static readonly TimeSpan Remembrance = TimeSpan.FromSeconds(30);

    private static readonly RedisScript Claim = RedisScript.Load<IdentityAuthOptions>("handoff_claim");
    private static readonly RedisScript Complete = RedisScript.Load<IdentityAuthOptions>("handoff_complete");
    private static readonly RedisScript Collect = RedisScript.Load<IdentityAuthOptions>("handoff_collect");
    private static readonly RedisScript Cancel = RedisScript.Load<IdentityAuthOptions>("handoff_cancel");

    private IDatabase Database => redis.GetDatabase();

    /// <summary>Begins.</summary>
    public async Task<(string Code, string PollSecret, DateTimeOffset ExpiresAt)> InitiateAsync(ClientDevice client)
    {
        var secret = OneTimeToken.Create();
        var expiresAt = DateTimeOffset.FromUnixTimeMilliseconds((clock.GetUtcNow() + Lifetime).ToUnixTimeMilliseconds());
        while (true)
        {
            var code = HandoffCode.Create();
            var key = KeyOf(code);
            var transaction = Database.CreateTransaction();
            transaction.AddCondition(Condition.KeyNotExists(key));
            var written = transaction.HashSetAsync(key,
            [
                new HashEntry("state", "pending"),
                new HashEntry("expires", expiresAt.ToUnixTimeMilliseconds()),
                new HashEntry("client", JsonSerializer.Serialize(client)),
                new HashEntry("secret", Digest(secret)),
            ]);
            var expires = transaction.KeyExpireAsync(key, Lifetime + Remembrance);
            if (await transaction.ExecuteAsync().WaitAsync(RedisScript.Timeout))
            {
                await Task.WhenAll(written, expires);
                return (code, secret, expiresAt);
            }
        }
    }

    /// <summary>Takes a pending code for a browser that confirms it.</summary>
    /// <returns>With the device that waits, and until when.</returns>
    public async Task<(HandoffClaim Claim, ClientDevice? Client, DateTimeOffset ExpiresAt)> ClaimAsync(string code)
    {
        var outcome = (HandoffClaim)(int)await Claim.RunAsync(Database, [KeyOf(code)], clock.GetUtcNow().ToUnixTimeMilliseconds());
        if (outcome != HandoffClaim.Claimed)
        {
            return (outcome, null, default);
        }

        var values = await Database.HashGetAsync(KeyOf(code), ["client", "expires"]).WaitAsync(RedisScript.Timeout);
        return values[0].IsNull
            ? (HandoffClaim.Unknown, null, default)
            : (outcome, JsonSerializer.Deserialize<ClientDevice>(values[0].ToString()), Time(values[1]));
    }

    /// <summary>Leaves a session for the device.</summary>
    /// <returns>Whether it waits there; not when the handoff was cancelled in between.</returns>
    public async Task<bool> CompleteAsync(string code, IssuedSession session)
    {
        var result = sealer.Seal(JsonSerializer.SerializeToUtf8Bytes(new HandoffResult(session.Token, session.UserId)), SealedKind.Handoff, code);
        return (int)await Complete.RunAsync(Database, [KeyOf(code)], "completed", result) == 1;
    }

    /// <summary>The session could not be made: the code can be confirmed again.</summary>
    public Task ReleaseAsync(string code) => Complete.RunAsync(Database, [KeyOf(code)], "pending", "");

    /// <summary>Looks, and takes what waits.</summary>
    /// <param name="pollSecret">What the device was given with the code, if it says so: a wrong one finds nothing.</param>
    public async Task<(HandoffStatus Status, HandoffResult? Result)> CollectAsync(string code, string? pollSecret = null)
    {
        var values = (RedisValue[])(await Collect.RunAsync(Database, [KeyOf(code)], Digest(pollSecret)))!;
        var status = StatusOf(values[0], values[1]);
        return (status, status == HandoffStatus.Completed ? Open(code, values[2]) : null);
    }

    /// <summary>Looks, and takes nothing.</summary>
    /// <returns>With the device that waits, unless there is no such handoff.</returns>
    public async Task<(HandoffStatus Status, ClientDevice? Client)> FindAsync(string code)
    {
        var values = await Database.HashGetAsync(KeyOf(code), ["state", "expires", "client"]).WaitAsync(RedisScript.Timeout);
        var status = StatusOf(values[0], values[1]);
        return (status, status == HandoffStatus.Expired ? null : JsonSerializer.Deserialize<ClientDevice>(values[2].ToString()));
    }

    /// <summary>Ends a handoff.</summary>
    /// <param name="pollSecret">What the device was given with the code, if it says so: with a wrong one nothing ends.</param>
    /// <returns>The session that waited, which nobody will come for now.</returns>
    public async Task<HandoffResult?> CancelAsync(string code, string? pollSecret = null)
    {
        var value = (RedisValue)await Cancel.RunAsync(Database, [KeyOf(code)], Digest(pollSecret));
        return value.IsNullOrEmpty ? null : Open(code, value);
    }

    // A handoff that is being confirmed is still pending to its device.
    private HandoffStatus StatusOf(RedisValue state, RedisValue expires)
        => state.IsNull || Time(expires) <= clock.GetUtcNow() ? HandoffStatus.Expired
            : state == "completed" ? HandoffStatus.Completed
            : HandoffStatus.Pending;

    private static string Digest(string? secret) => secret is null ? "" : Convert.ToHexString(OneTimeToken.Hash(secret));

    private HandoffResult Open(string code, RedisValue value)
        => JsonSerializer.Deserialize<HandoffResult>(sealer.Open((byte[])value!, SealedKind.Handoff, code))!;

    private static DateTimeOffset Time(RedisValue milliseconds)
        => DateTimeOffset.FromUnixTimeMilliseconds(long.Parse(milliseconds.ToString(), CultureInfo.InvariantCulture));

    private RedisKey KeyOf(string code) => names.BySecret("handoff", code);
}
