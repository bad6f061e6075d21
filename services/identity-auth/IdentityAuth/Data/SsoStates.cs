using System.Security.Cryptography;
using System.Text.Json;
using ServiceDefaults.Data;
using StackExchange.Redis;

namespace IdentityAuth.Data;

/// <summary>What a sign-in at the provider was begun with.</summary>
/// <param name="Verifier">PKCE verifier (RFC 7636 §4.1).</param>
/// <param name="Nonce">What the ID token has to repeat.</param>
/// <param name="RedirectTo">Where the client wants to go afterwards, or empty.</param>
internal sealed record SsoState(string Verifier, string Nonce, string RedirectTo)
{
    public override string ToString() => "(single sign-on state)";
}

/// <summary>States of contract §7.2: in Redis for ten minutes, sealed, taken out by one atomic step.</summary>
internal sealed class SsoStates(IConnectionMultiplexer redis, RedisKeys names, SealedData sealedData)
{
    public static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(10);

    /// <returns>32 hex characters.</returns>
    public async Task<string> IssueAsync(SsoState state)
    {
        var name = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));
        var text = sealedData.Seal(JsonSerializer.SerializeToUtf8Bytes(state), SealedKind.SsoState, name);
        await redis.GetDatabase().StringSetAsync(KeyOf(name), text, Lifetime).WaitAsync(RedisScript.Timeout);
        return name;
    }

    public async Task<SsoState?> TakeAsync(string name)
        => await redis.GetDatabase().TakeStringAsync(KeyOf(name)) is { HasValue: true } text
            ? JsonSerializer.Deserialize<SsoState>(sealedData.Open((byte[])text!, SealedKind.SsoState, name))
            : null;

    private RedisKey KeyOf(string name) => names.BySecret("sso-state", name);
}
