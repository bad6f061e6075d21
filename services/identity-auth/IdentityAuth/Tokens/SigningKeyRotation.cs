using System.Security.Cryptography;
using IdentityAuth.Data;
using IdentityAuth.Domain.Tokens;
using Npgsql;

namespace IdentityAuth.Tokens;

/// <summary>
/// The life of a signing key: <c>next</c> (published, so that services learn it before it signs) → <c>active</c> (exactly one) →
/// <c>retired</c> (published until its last token is dead) → removed.
/// </summary>
internal sealed partial class SigningKeyRotation(
    SigningKeyStore store, SealedData sealer, IdentityAuthOptions options, TimeProvider clock, ILogger<SigningKeyRotation> logger)
{
    /// <summary>How long a key is published before it signs: the key set's <c>max-age</c> of five minutes many times over.</summary>
    public static readonly TimeSpan Announcement = TimeSpan.FromHours(1);

    /// <summary>
    /// How long a retired key stays published: a token's life, and ten minutes for instances that learn of the rotation late and for
    /// clocks that differ.
    /// </summary>
    public static readonly TimeSpan Retirement = AccessToken.Lifetime + TimeSpan.FromMinutes(10);

    /// <summary>Brings the keys into the state that the clock asks for. Safe at any time, in any number of instances.</summary>
    public Task RunAsync(CancellationToken cancellationToken) => store.ChangeAsync(AdvanceAsync, cancellationToken);

    private async Task AdvanceAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, IReadOnlyList<SigningKeyRow> keys)
    {
        var now = clock.GetUtcNow().UtcDateTime;
        foreach (var dead in keys.Where(key => key.RemoveAt <= now))
        {
            await SigningKeyStore.RemoveAsync(connection, transaction, dead.Kid);
            LogRemoved(dead.Kid);
        }

        var active = keys.FirstOrDefault(key => key.State == SigningKeyRow.Active);
        var next = keys.FirstOrDefault(key => key.State == SigningKeyRow.Next);
        if (active is null)
        {
            // The first start: nobody has looked at the key set yet.
            await CreateAsync(connection, transaction, SigningKeyRow.Active, now);
        }
        else if (active.ActivatedAt + options.SigningKeyLifetime <= now && next?.CreatedAt + Announcement <= now)
        {
            await SigningKeyStore.RetireAsync(connection, transaction, active.Kid, now + Retirement);
            await SigningKeyStore.ActivateAsync(connection, transaction, next!.Kid, now);
            LogActivated(next.Kid);
            next = null;
        }

        if (next is null)
        {
            await CreateAsync(connection, transaction, SigningKeyRow.Next, now);
        }
    }

    private async Task CreateAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, string state, DateTime now)
    {
        var (key, pkcs8) = SigningKey.Create();
        using (key)
        {
            try
            {
                await SigningKeyStore.InsertAsync(connection, transaction, new SigningKeyRow(
                    key.KeyId, state, key.X, key.Y, sealer.Seal(pkcs8, SealedKind.SigningKey, key.KeyId), now,
                    state == SigningKeyRow.Active ? now : null, RemoveAt: null));
            }
            finally
            {
                CryptographicOperations.ZeroMemory(pkcs8);
            }

            LogCreated(key.KeyId, state);
        }
    }

    [LoggerMessage(1, LogLevel.Information, "Signing key {Kid} was made ({State})")]
    private partial void LogCreated(string kid, string state);

    [LoggerMessage(2, LogLevel.Information, "Signing key {Kid} signs from now on")]
    private partial void LogActivated(string kid);

    [LoggerMessage(3, LogLevel.Information, "Signing key {Kid} was removed: its last token is dead")]
    private partial void LogRemoved(string kid);
}
