using Pairing.Contracts.V1;
using Pairing.Data;
using Pairing.Domain;
using Pairing.Http;
using ServiceDefaults.Messaging;

namespace Pairing.Features;

/// <summary>
/// A tenant's login server asks for the content of a QR code (contract §7.1). The user's unfinished pairings end; parallel calls for one
/// user run one after the other, so that exactly one pairing stays usable.
/// </summary>
public static class CreatePairing
{
    private const int MaximumUsernameLength = 255;

    // A proof that is at work on the user's old pairing is waited for: it decides whether there will be a new one.
    private static readonly TimeSpan RetryInterval = TimeSpan.FromMilliseconds(25);
    private static readonly int MaximumAttempts = (int)(PairingRules.ClaimLifetime / RetryInterval);

    public static void Map(RouteGroupBuilder group) => group.MapPost("/pairing", HandleAsync)
        .WithName(nameof(CreatePairing))
        .WithSummary("Create a pairing")
        .WithDescription("Makes the one-time token that the login page shows as a QR code: the compact JWT itself, nothing around it. "
            + "An unfinished pairing of the same user is denied (superseded).")
        .Takes<CreatePairingRequest>()
        .Answers<CreatePairingResponse>(StatusCodes.Status201Created, "The pairing is CREATED.")
        .Refuses(
            PairingProblems.UnsupportedMediaType, PairingProblems.PayloadTooLarge, PairingProblems.InvalidJson,
            PairingProblems.ValidationFailed, PairingProblems.UserAlreadyPaired);

    internal static async Task<IResult> HandleAsync(
        HttpContext http,
        PairingStore store,
        PairingDatabase database,
        PairingTokenIssuer issuer,
        Outbox outbox,
        PairingMetrics metrics,
        TimeProvider clock,
        CancellationToken cancellationToken)
    {
        var (request, refusal) = await ReadAsync(http.Request);
        if (request is null)
        {
            return refusal!;
        }

        var tenantId = http.TenantId;
        for (var attempt = 0; attempt < MaximumAttempts; attempt++)
        {
            // 1. Under the user's lock: has he a phone?
            var (transaction, isLinked) = await database.BeginCreateAsync(tenantId, request.UserId, cancellationToken);
            await using (transaction)
            {
                if (isLinked)
                {
                    metrics.Count("create", PairingProblems.UserAlreadyPaired.Error);
                    return PairingProblems.UserAlreadyPaired;
                }

                // 2. The token and the state, which share jti and end.
                var jti = Guid.NewGuid();
                var issuedAt = clock.GetUtcNow().ToUnixTimeSeconds();
                var ttl = PairingRules.LifetimeSeconds(request.TtlSeconds);
                var expiresAt = issuedAt + ttl;
                var jwt = issuer.Issue(jti, tenantId, request.UserId, issuedAt, expiresAt);
                CreatedPairing? created;
                try
                {
                    created = await store.CreateAsync(jti, tenantId, request.UserId, issuer.Issuer, request.Username, expiresAt);
                    if (created is not null)
                    {
                        // 3. The events; with their commit the pairing exists.
                        await CommitAsync(outbox, transaction, new Creation(jti, tenantId, request.UserId, expiresAt, created), clock.GetUtcNow());
                    }
                }
                catch
                {
                    // Nobody has seen the token: the pairings are what they were. A call that failed may still be at work.
                    await store.UndoCreateAsync(jti, tenantId, request.UserId).Quietly();
                    throw;
                }

                if (created is not null)
                {
                    metrics.Count("create", "ok");
                    return TypedResults.Created($"/tenants/v1/pairing/status/{jti}", new CreatePairingResponse(jti, jwt, ttl, expiresAt));
                }
            }

            await Task.Delay(RetryInterval, clock, cancellationToken);
        }

        return PairingProblems.ServiceUnavailable;
    }

    private static Task CommitAsync(Outbox outbox, UserTransaction transaction, Creation creation, DateTimeOffset now)
    {
        var aggregate = Aggregate.Of(creation.TenantId, creation.UserId);
        return transaction.CommitAsync(batch =>
        {
            foreach (var jti in creation.Created.Superseded)
            {
                outbox.Add(batch, aggregate, new PairingDenied
                {
                    TenantId = creation.TenantId,
                    UserId = creation.UserId,
                    Jti = jti,
                    Reason = PairingReason.Superseded,
                    OccurredAt = now,
                });
            }

            outbox.Add(batch, aggregate, new PairingCreated
            {
                TenantId = creation.TenantId,
                UserId = creation.UserId,
                Jti = creation.Jti,
                Reason = creation.Created.Reason,
                ExpiresAt = DateTimeOffset.FromUnixTimeSeconds(creation.ExpiresAt),
                OccurredAt = now,
            });
        });
    }

    private static async Task<(CreatePairingRequest? Request, IResult? Refusal)> ReadAsync(HttpRequest request)
    {
        var (body, problem) = await StrictJsonBody.ReadAsync(request, StrictJsonBody.DefaultLimit);
        if (body is null)
        {
            return (null, problem);
        }

        using (body)
        {
            var read = new CreatePairingRequest
            {
                UserId = body.RequiredUuid("userId"),
                Username = body.RequiredString("username", MaximumUsernameLength),
                TtlSeconds = body.OptionalInteger("ttlSeconds"),
            };
            return body.Faults is { } faults ? (null, PairingProblems.ValidationFailed.With(faults)) : (read, null);
        }
    }

    private sealed record Creation(Guid Jti, Guid TenantId, Guid UserId, long ExpiresAt, CreatedPairing Created);
}

/// <summary>Whom a phone is to be linked to. Unknown members are ignored.</summary>
public sealed record CreatePairingRequest
{
    /// <summary>The user, as the tenant names him: a UUID.</summary>
    public required Guid UserId { get; init; }

    /// <summary>The user's name, which the phone shows: 1–255 characters, no control characters.</summary>
    public required string Username { get; init; }

    /// <summary>How long the pairing may take, in seconds. Values outside 30–300 are brought to the nearest of them. Default 120.</summary>
    public long? TtlSeconds { get; init; }
}

/// <summary>A new pairing.</summary>
/// <param name="Jti">Its id.</param>
/// <param name="Jwt">The content of the QR code. Not kept by the service.</param>
/// <param name="Ttl">Its lifetime in seconds.</param>
/// <param name="Exp">The first second, since the epoch, UTC, at which it cannot be used any more.</param>
public sealed record CreatePairingResponse(Guid Jti, string Jwt, int Ttl, long Exp);
