using Pairing.Contracts.V1;
using Pairing.Data;
using Pairing.Domain;
using Pairing.Http;
using ServiceDefaults.Messaging;

namespace Pairing.Features;

/// <summary>
/// The phone announces itself and gets the nonce that it has to sign (contract §5.1). Of any number of parallel inits one succeeds.
/// A lost answer cannot be asked for again: a second holder of the QR code would get the nonce.
/// </summary>
public static class InitializePairing
{
    internal const int BodyLimit = 16 * 1024;

    public static void Map(RouteGroupBuilder group) => group.MapPost("/init", HandleAsync)
        .WithName(nameof(InitializePairing))
        .WithSummary("Announce a phone")
        .WithDescription("The phone presents the token from the QR code, announces its public key and gets the nonce that it has to sign. "
            + "Works once per token; of parallel calls one succeeds. The nonce cannot be asked for again.")
        .WithMetadata(new PairingOperation("init"))
        .Takes<InitializePairingRequest>()
        .Answers<InitializePairingResponse>(StatusCodes.Status200OK, "The phone is announced; the pairing is PENDING.")
        .Refuses(
            PairingProblems.UnsupportedMediaType, PairingProblems.PayloadTooLarge, PairingProblems.InvalidJson,
            PairingProblems.ValidationFailed, PairingProblems.PublicKeyInvalid,
            PairingProblems.NotFoundOrExpired, PairingProblems.TenantMismatch, PairingProblems.AlreadyInitialized);

    internal static async Task<IResult> HandleAsync(
        HttpContext http,
        PairingStore store,
        PairingDatabase database,
        Outbox outbox,
        DataSealer sealer,
        PairingOptions options,
        PairingMetrics metrics,
        TimeProvider clock,
        CancellationToken cancellationToken)
    {
        // 1. The body, then the key in it.
        var token = http.PairingToken;
        var (device, refusal) = await ReadAsync(http.Request);
        if (device is null)
        {
            return refusal!;
        }

        var row = Guid.CreateVersion7(clock.GetUtcNow());
        var announced = new AnnouncedDevice(
            row, device.DeviceId, device.DisplayName, device.Platform, device.OsVersion, device.Model, device.PublicKey,
            sealer.Seal(System.Text.Encoding.UTF8.GetBytes(device.PushToken), SealPurpose.PushToken, row), device.HasUsablePushToken);

        // 2. Under the user's lock: who else has this key, and is a realm's token used for the first time?
        var (transaction, mayCreate, otherUsers) =
            await database.BeginInitializeAsync(token, device.PublicKey.Thumbprint, cancellationToken);
        await using var _ = transaction;
        if (otherUsers > 0 && options.RejectReusedKeys)
        {
            return PairingProblems.PublicKeyInvalid;
        }

        // 3. CREATED → PENDING.
        var nonce = Nonce.Create();
        try
        {
            var outcome = await store.InitializeAsync(token, mayCreate, UsernameOf(token), nonce, announced);
            if (outcome.Refusal != StoreRefusal.None)
            {
                return ProblemFor(outcome.Refusal);
            }

            // 4. The event; with its commit the init has happened.
            await transaction.CommitAsync(batch =>
                AddEvents(outbox, batch, token, device.PublicKey.Thumbprint, otherUsers, clock.GetUtcNow()));

            if (otherUsers > 0)
            {
                metrics.KeyReused();
            }

            return TypedResults.Ok(new InitializePairingResponse(nonce, outcome.ExpiresAt, outcome.Username));
        }
        catch
        {
            // Nobody has seen the nonce: the pairing is what it was.
            await store.UndoInitializeAsync(token, nonce).Quietly();
            throw;
        }
    }

    private static async Task<(PairedDevice? Device, IResult? Refusal)> ReadAsync(HttpRequest request)
    {
        var (body, problem) = await StrictJsonBody.ReadAsync(request, BodyLimit);
        if (body is null)
        {
            return (null, problem);
        }

        using (body)
        {
            var deviceId = body.RequiredString("deviceId", 128);
            var displayName = body.RequiredString("displayName", 128, trim: true);
            var publicKey = body.RequiredString("publicKey", int.MaxValue, allowControls: true);
            var pushToken = body.RequiredString("fcmToken", 4096, allowControls: true);
            var platform = body.RequiredString("platform", int.MaxValue);
            var osVersion = body.OptionalString("osVersion", 64);
            var model = body.OptionalString("model", 128);
            if (platform.Length > 0 && platform is not ("ANDROID" or "IOS"))
            {
                body.Fault("platform", "must be ANDROID or IOS");
            }

            if (body.Faults is { } faults)
            {
                return (null, PairingProblems.ValidationFailed.With(faults));
            }

            return DevicePublicKey.Parse(publicKey) is { } key
                ? (new PairedDevice(deviceId, displayName, key, pushToken, platform, osVersion, model), null)
                : (null, PairingProblems.PublicKeyInvalid);
        }
    }

    // The name of a user whose pairing is made here, by a realm's token: always present in the answer, so it falls back to the id.
    private static string UsernameOf(PairingToken token)
        => token.Username is { Length: >= 1 and <= 255 } name && !name.AsSpan().ContainsControl() ? name : token.UserId.ToString();

    private static Problem ProblemFor(StoreRefusal refusal) => refusal switch
    {
        StoreRefusal.TenantMismatch => PairingProblems.TenantMismatch,
        StoreRefusal.NotFound => PairingProblems.NotFoundOrExpired,
        _ => PairingProblems.AlreadyInitialized,
    };

    private static void AddEvents(
        Outbox outbox, Npgsql.NpgsqlBatch batch, PairingToken token, KeyThumbprint thumbprint, int otherUsers, DateTimeOffset now)
    {
        var aggregate = Aggregate.Of(token.TenantId, token.UserId);
        outbox.Add(batch, aggregate, new PairingInitialized
        {
            TenantId = token.TenantId,
            UserId = token.UserId,
            Jti = token.Jti,
            OccurredAt = now,
        });
        if (otherUsers > 0)
        {
            outbox.Add(batch, aggregate, new PublicKeyReused
            {
                TenantId = token.TenantId,
                UserId = token.UserId,
                Jti = token.Jti,
                PublicKeyThumbprint = thumbprint.ToString(),
                OtherUsers = otherUsers,
                OccurredAt = now,
            });
        }
    }
}

/// <summary>What a phone says about itself. Unknown members are ignored.</summary>
public sealed record InitializePairingRequest
{
    /// <summary>The name that the phone has chosen for itself, such as <c>android:&lt;id&gt;</c>: 1–128 characters, no control characters. Compared exactly.</summary>
    public required string DeviceId { get; init; }

    /// <summary>What the user calls the phone: 1–128 characters after trimming, no control characters.</summary>
    public required string DisplayName { get; init; }

    /// <summary>
    /// The phone's ECDSA P-256 key as PEM of a SubjectPublicKeyInfo (label <c>PUBLIC KEY</c> or <c>EC PUBLIC KEY</c>) or as bare base64 of
    /// its DER; uncompressed point; up to 2048 characters.
    /// </summary>
    public required string PublicKey { get; init; }

    /// <summary>The token by which a push service reaches the phone: 1–4096 characters.</summary>
    public required string FcmToken { get; init; }

    /// <summary><c>ANDROID</c> or <c>IOS</c>.</summary>
    public required string Platform { get; init; }

    /// <summary>Version of the phone's system: up to 64 characters, no control characters.</summary>
    public string? OsVersion { get; init; }

    /// <summary>The phone's model: up to 128 characters, no control characters.</summary>
    public string? Model { get; init; }
}

/// <summary>The challenge for the phone.</summary>
/// <param name="Nonce">32 random bytes as standard base64 with padding, 44 characters. The phone signs this text as it stands.</param>
/// <param name="ExpiresAt">The first second, since the epoch, UTC, at which the pairing cannot be completed any more.</param>
/// <param name="Username">The name of the user, for the phone to show.</param>
public sealed record InitializePairingResponse(string Nonce, long ExpiresAt, string Username);
