using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;
using IdentityAuth.Domain.Passkeys;
using ServiceDefaults.Data;
using StackExchange.Redis;

namespace IdentityAuth.Data;

/// <summary>
/// WebAuthn challenges (contract §1.9), in Redis for five minutes. A challenge is taken out by one atomic step before anything is checked
/// against it, so that a failed attempt burns it.
/// </summary>
internal sealed class Challenges(IConnectionMultiplexer redis, RedisKeys names)
{
    public static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(5);

    private const int Length = 32;

    /// <summary>Makes a challenge.</summary>
    /// <param name="userId">Whose it is, where that is known.</param>
    /// <param name="ticket">The sign-in that it belongs to, with <see cref="PasskeyContext.Mfa"/>.</param>
    /// <returns>32 random bytes, base64url.</returns>
    public async Task<string> IssueAsync(PasskeyContext context, long? userId = null, string? ticket = null)
    {
        var challenge = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(Length));
        await redis.GetDatabase().StringSetAsync(KeyOf(challenge), Describe(context, userId, ticket), Lifetime).WaitAsync(RedisScript.Timeout);
        return challenge;
    }

    /// <summary>Takes a challenge out.</summary>
    /// <returns>Whether it was there and was given out for exactly this.</returns>
    public async Task<bool> TakeAsync(string challenge, PasskeyContext context, long? userId = null, string? ticket = null)
    {
        var found = await redis.GetDatabase().TakeStringAsync(KeyOf(challenge));
        return found.HasValue && found == Describe(context, userId, ticket);
    }

    private RedisKey KeyOf(string challenge) => names.BySecret("webauthn-challenge", challenge);

    // The ticket is in it as the hash that names it elsewhere.
    private string Describe(PasskeyContext context, long? userId, string? ticket) => string.Create(
        CultureInfo.InvariantCulture, $"{context} {userId} {(ticket is null ? "" : (string?)names.BySecret("mfa-ticket", ticket))}");
}
