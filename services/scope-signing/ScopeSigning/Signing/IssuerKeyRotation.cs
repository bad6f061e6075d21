using System.Security.Cryptography;
using Microsoft.Extensions.Options;
using Npgsql;
using ScopeSigning.Data;

namespace ScopeSigning.Signing;

/// <summary>
/// The life of an issuer key: <c>next</c> (published, so that relying parties learn it before it signs) → <c>active</c> (exactly
/// one) → <c>retired</c> (published until its last token is dead) → removed. The real and the test issuer never share a key.
/// </summary>
internal sealed partial class IssuerKeyRotation(
    IssuerKeyStore store, SealedData sealedData, IOptions<ScopeSigningOptions> options, TimeProvider clock, ILogger<IssuerKeyRotation> logger)
{
    /// <summary>The real issuer, then the test issuer.</summary>
    private static readonly bool[] Issuers = [false, true];

    /// <summary>How long a key is published before it signs: a day covers the key sets' <c>max-age</c> of an hour by far.</summary>
    public static readonly TimeSpan Announcement = TimeSpan.FromHours(24);

    /// <summary>How long a retired key stays published: the longest life of a token and a day.</summary>
    public static readonly TimeSpan Retirement = ScopeTokenIssuer.LongestLifetime + TimeSpan.FromDays(1);

    /// <summary>Brings both issuers' keys into the state that the clock asks for. Safe to run at any time, in any number of instances.</summary>
    /// <param name="force">Replace the active key although its time has not come: an operator's command.</param>
    /// <returns>Whether a forced rotation found an announced key old enough; always true otherwise.</returns>
    public async Task<bool> RunAsync(bool force, bool forceTest, CancellationToken cancellationToken)
    {
        var rotated = true;
        await store.ChangeAsync(
            async (connection, transaction, keys) =>
            {
                foreach (var test in Issuers)
                {
                    rotated &= await AdvanceAsync(connection, transaction, [.. keys.Where(key => key.Test == test)], test, force && test == forceTest);
                }
            },
            cancellationToken);
        return rotated;
    }

    /// <summary>Removes a key at once, with everything that it would still have signed. The announced key takes over.</summary>
    /// <returns>Whether there was such a key.</returns>
    public async Task<bool> RemoveCompromisedAsync(string kid, CancellationToken cancellationToken)
    {
        var found = false;
        await store.ChangeAsync(
            async (connection, transaction, keys) =>
            {
                var compromised = keys.FirstOrDefault(key => key.Kid == kid);
                if (compromised is null)
                {
                    return;
                }

                found = true;
                await IssuerKeyStore.RemoveAsync(connection, transaction, kid);
                LogCompromised(kid);
                await AdvanceAsync(
                    connection, transaction, [.. keys.Where(key => key.Test == compromised.Test && key.Kid != kid)], compromised.Test, force: false);
            },
            cancellationToken);
        return found;
    }

    private async Task<bool> AdvanceAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, IReadOnlyList<IssuerKeyRow> keys, bool test, bool force)
    {
        var now = clock.GetUtcNow().UtcDateTime;
        foreach (var dead in keys.Where(key => key.RemoveAt <= now))
        {
            await IssuerKeyStore.RemoveAsync(connection, transaction, dead.Kid);
            LogRemoved(dead.Kid);
        }

        var active = keys.FirstOrDefault(key => key.State == "active");
        var next = keys.FirstOrDefault(key => key.State == "next");
        var done = true;
        if (active is null)
        {
            // The first start, or the active key was compromised: there is nothing to wait for.
            if (next is null)
            {
                await CreateAsync(connection, transaction, test, "active", now);
            }
            else
            {
                await IssuerKeyStore.ActivateAsync(connection, transaction, next.Kid, now);
                LogActivated(next.Kid);
                next = null;
            }
        }
        else if (force || active.ActivatedAt + TimeSpan.FromDays(options.Value.Issuer.RotationDays) <= now)
        {
            if (next is not null && next.CreatedAt + Announcement <= now)
            {
                await IssuerKeyStore.RetireAsync(connection, transaction, active.Kid, now + Retirement);
                await IssuerKeyStore.ActivateAsync(connection, transaction, next.Kid, now);
                LogActivated(next.Kid);
                next = null;
            }
            else
            {
                done = !force;
            }
        }

        if (next is null)
        {
            await CreateAsync(connection, transaction, test, "next", now);
        }

        return done;
    }

    private async Task CreateAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, bool test, string state, DateTime now)
    {
        var seed = RandomNumberGenerator.GetBytes(Ed25519.SeedBytes);
        try
        {
            var publicKey = Ed25519.PublicKeyOf(seed);
            var kid = JwkThumbprint.Of(publicKey);
            await IssuerKeyStore.InsertAsync(connection, transaction, new IssuerKeyRow(
                kid, test, state, publicKey, sealedData.Seal(seed, SealedKind.IssuerKey, kid), now, state == "active" ? now : null, null));
            LogCreated(kid, test, state);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(seed);
        }
    }

    [LoggerMessage(1, LogLevel.Information, "Issuer key {Kid} was made (test: {Test}, {State})")]
    private partial void LogCreated(string kid, bool test, string state);

    [LoggerMessage(2, LogLevel.Information, "Issuer key {Kid} signs from now on")]
    private partial void LogActivated(string kid);

    [LoggerMessage(3, LogLevel.Information, "Issuer key {Kid} was removed: its last token is dead")]
    private partial void LogRemoved(string kid);

    [LoggerMessage(4, LogLevel.Warning, "Issuer key {Kid} was removed as compromised: no relying party that looks again trusts its tokens")]
    private partial void LogCompromised(string kid);
}
