using System.Security.Cryptography;
using System.Text;
using Dapper;
using Npgsql;
using ScopeSigning.Domain;
using StackExchange.Redis;

namespace ScopeSigning.Data;

/// <summary>
/// Makes every accepted token work once. Tokens that die by themselves are remembered in Redis until then, and in Postgres from the
/// commit of what they do (<see cref="SpentNonce"/>); untimed ones in Postgres, for as long as the key exists.
/// </summary>
internal sealed class NonceStore(IConnectionMultiplexer redis, NpgsqlDataSource database, TimeProvider clock)
{
    /// <summary>Kept longer than the token lives, because the clocks of two instances may differ.</summary>
    private static readonly TimeSpan Margin = TimeSpan.FromSeconds(60);

    /// <summary>Takes the nonce; of N simultaneous copies one gets it.</summary>
    public async Task<bool> TryTakeAsync<TClaims>(SelfSignedToken<TClaims> token, CancellationToken cancellationToken)
        where TClaims : class
    {
        if (LifetimeOf(token) is { } lifetime)
        {
            return await redis.GetDatabase().StringSetAsync(NameOf(token), 1, lifetime, When.NotExists).BoundedAsync();
        }

        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        return await connection.ExecuteAsync(new CommandDefinition(
            "INSERT INTO nonces (sub, nonce, taken_at) VALUES (@sub, @nonce, @now) ON CONFLICT DO NOTHING",
            new { sub = token.Subject.Text, nonce = Encoding.UTF8.GetBytes(token.Nonce), now = clock.GetUtcNow() },
            cancellationToken: cancellationToken)) == 1;
    }

    /// <summary>
    /// Remembers the nonce of a registration, so that its token cannot serve at <c>/key/{PK}</c> afterwards. The registration
    /// itself is made single by the key, which can be registered once only; so this may run again.
    /// </summary>
    public async Task RecordRegistrationAsync<TClaims>(SelfSignedToken<TClaims> token)
        where TClaims : class
    {
        if (LifetimeOf(token) is { } lifetime)
        {
            await redis.GetDatabase().StringSetAsync(NameOf(token), 1, lifetime).BoundedAsync();
        }
    }

    /// <summary>What is to be written in the commit of what the token does; <see langword="null"/> when it is untimed, and written already.</summary>
    public SpentNonce? SpentBy<TClaims>(SelfSignedToken<TClaims> token)
        where TClaims : class
        => LifetimeOf(token) is { } lifetime
            ? new SpentNonce(token.Subject.Text, Encoding.UTF8.GetBytes(token.Nonce), clock.GetUtcNow() + lifetime)
            : null;

    private TimeSpan? LifetimeOf<TClaims>(SelfSignedToken<TClaims> token)
        where TClaims : class
        => token.Times.DeadFrom is { } deadFrom
            ? TimeSpan.FromSeconds(Math.Max(0, deadFrom - clock.GetUtcNow().ToUnixTimeSeconds())) + Margin
            : null;

    /// <summary>A hash, because key names appear in Redis' logs and in exceptions.</summary>
    private static string NameOf<TClaims>(SelfSignedToken<TClaims> token)
        where TClaims : class
        => "scope-signing:nonce:" + Base64UrlText.Encode(SHA256.HashData(Encoding.UTF8.GetBytes($"{token.Subject.Text}\n{token.Nonce}")));
}
