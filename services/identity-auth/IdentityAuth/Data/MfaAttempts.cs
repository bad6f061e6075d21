using ServiceDefaults.Data;
using StackExchange.Redis;

namespace IdentityAuth.Data;

/// <summary>
/// Guesses at a ticket (contract §3.5): five wrong ones burn it. An attempt is reserved before the code is looked at, so that parallel
/// guesses cannot slip past.
/// </summary>
internal sealed class MfaAttempts(IConnectionMultiplexer redis, MfaTickets tickets)
{
    private const int Maximum = 5;

    private static readonly RedisScript Try = RedisScript.Load<IdentityAuthOptions>("mfa_try");
    private static readonly RedisScript Fail = RedisScript.Load<IdentityAuthOptions>("mfa_fail");
    private static readonly RedisScript Forgive = RedisScript.Load<IdentityAuthOptions>("mfa_forgive");

    /// <summary>Reserves an attempt.</summary>
    /// <returns><see langword="null"/> if there is no such ticket, or its attempts are used up.</returns>
    public async Task<MfaTicket?> ReserveAsync(string ticket)
    {
        var answer = await Try.RunAsync(redis.GetDatabase(), [tickets.KeyOf(ticket)], Maximum);
        return answer.IsNull || (RedisValue[])answer! is not [var user, var stamp, var invite]
            ? null
            : new MfaTicket((long)user, (int)stamp, invite is { IsNullOrEmpty: false } ? invite.ToString() : null);
    }

    /// <summary>The attempt was wrong.</summary>
    /// <returns>Whether the ticket was still alive.</returns>
    public async Task<bool> FailAsync(string ticket) => (long)await Fail.RunAsync(redis.GetDatabase(), [tickets.KeyOf(ticket)], Maximum) == 1;

    /// <summary>The attempt was neither right nor wrong.</summary>
    public Task ForgiveAsync(string ticket) => Forgive.RunAsync(redis.GetDatabase(), [tickets.KeyOf(ticket)]);
}
