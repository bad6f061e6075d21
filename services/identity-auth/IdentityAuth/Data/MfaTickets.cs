using IdentityAuth.Domain;
using ServiceDefaults.Data;
using StackExchange.Redis;

namespace IdentityAuth.Data;

/// <summary>A sign-in whose password was right and whose second factor is still to come.</summary>
internal sealed record MfaTicket(long UserId, int SecurityStamp, string? InviteCode);

/// <summary>
/// Tickets of contract §3.4 step 6, in Redis for five minutes under their hash. Used once: of parallel uses only one removes it. It
/// carries the account's security stamp, so that a reset ends it wherever it is.
/// </summary>
internal sealed class MfaTickets(IConnectionMultiplexer redis, RedisKeys names)
{
    public static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(5);

    /// <summary>Makes a ticket.</summary>
    /// <returns>64 letters and digits.</returns>
    public async Task<string> IssueAsync(User user, string? inviteCode)
    {
        var ticket = OneTimeToken.Create();
        var key = KeyOf(ticket);
        var transaction = redis.GetDatabase().CreateTransaction();
        var written = transaction.HashSetAsync(key,
        [
            new HashEntry("user", user.Id), new HashEntry("stamp", user.SecurityStamp), new HashEntry("invite", inviteCode ?? ""),
        ]);
        var expires = transaction.KeyExpireAsync(key, Lifetime);
        await transaction.ExecuteAsync().WaitAsync(RedisScript.Timeout);
        await Task.WhenAll(written, expires);
        return ticket;
    }

    /// <summary>Reads a ticket without using it.</summary>
    public async Task<MfaTicket?> FindAsync(string ticket)
    {
        var values = await redis.GetDatabase().HashGetAsync(KeyOf(ticket), ["user", "stamp", "invite"]).WaitAsync(RedisScript.Timeout);
        return values[0].IsNull
            ? null
            : new MfaTicket((long)values[0], (int)values[1], values[2] is { IsNullOrEmpty: false } invite ? invite.ToString() : null);
    }

    /// <summary>Uses a ticket up.</summary>
    /// <returns>Whether it was this call that did.</returns>
    public Task<bool> ConsumeAsync(string ticket) => redis.GetDatabase().KeyDeleteAsync(KeyOf(ticket)).WaitAsync(RedisScript.Timeout);

    /// <summary>The hash in Redis, for what else belongs to a ticket.</summary>
    public RedisKey KeyOf(string ticket) => names.BySecret("mfa-ticket", ticket);
}
