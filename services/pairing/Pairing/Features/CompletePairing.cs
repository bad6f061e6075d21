using Pairing.Contracts.V1;
using Pairing.Data;
using Pairing.Domain;
using Pairing.Http;
using ServiceDefaults.Messaging;

namespace Pairing.Features;

/// <summary>
/// The phone proves that it holds its private key and hands its reference measurement over (contract §5.2). The first well-formed
/// proof decides: right, the phone is linked for good; wrong, the pairing is denied.
/// </summary>
public static class CompletePairing
{
    internal const int BodyLimit = 1_310_720;

    private const int MaximumSignatureLength = 512;

    public static void Map(RouteGroupBuilder group) => group.MapPost("/complete", HandleAsync)
        .WithName(nameof(CompletePairing))
        .WithSummary("Prove possession of the key")
        .WithDescription("The phone sends its signature over the nonce text and its encrypted reference measurement. The first well-formed "
            + "proof decides: when it is right, the phone is linked for good, else the pairing is denied. Of parallel calls one is judged.")
        .WithMetadata(new PairingOperation("complete"))
        .Takes<CompletePairingRequest>()
        .Answers(StatusCodes.Status204NoContent, "The phone is linked; the pairing is APPROVED.")
        .Refuses(
            PairingProblems.UnsupportedMediaType, PairingProblems.PayloadTooLarge, PairingProblems.InvalidJson,
            PairingProblems.ValidationFailed, PairingProblems.SignatureMalformed,
            PairingProblems.NotFoundOrExpired, PairingProblems.TenantMismatch, PairingProblems.Replayed, PairingProblems.NotPending,
            PairingProblems.SignatureInvalid, PairingProblems.DataTokenInvalid, PairingProblems.UserAlreadyPaired,
            PairingProblems.PublicKeyInvalid);

    internal static async Task<IResult> HandleAsync(HttpContext http, PairingCompletion completion)
    {
        // 1. The body: what is malformed uses nothing up.
        var (body, problem) = await StrictJsonBody.ReadAsync(http.Request, BodyLimit);
        if (body is null)
        {
            return problem!;
        }

        using (body)
        {
            var dataToken = body.RequiredUtf8("dataToken");
            var signatureText = body.RequiredString("signature", MaximumSignatureLength, allowControls: true);
            if (body.Faults is { } faults)
            {
                return PairingProblems.ValidationFailed.With(faults);
            }

            if (ProofSignature.Parse(signatureText) is not { } signature)
            {
                return PairingProblems.SignatureMalformed;
            }

            // From the claim on the phone's going away changes nothing: what was begun is decided.
            return await completion.RunAsync(http.PairingToken, signature, dataToken);
        }
    }
}

/// <summary>The phone's proof. Unknown members are ignored.</summary>
public sealed record CompletePairingRequest
{
    /// <summary>
    /// A compact JWE (ECDH-ES, A256GCM) to the key at index 0 of the key set, around a compact JWS (ES256) of the phone's key, around
    /// <c>{"refEcg":[[…]]}</c>; up to 1,048,576 characters.
    /// </summary>
    public required string DataToken { get; init; }

    /// <summary>ECDSA P-256 with SHA-256 over the 44 characters of the nonce, raw r‖s, base64url: 86 characters, or 88 with padding.</summary>
    public required string Signature { get; init; }
}

/// <summary>Judges one proof: claim → signature → data token → link → APPROVED.</summary>
internal sealed partial class PairingCompletion(
    PairingStore store,
    PairingDatabase database,
    Outbox outbox,
    KeyRing keys,
    PairingOptions options,
    TimeProvider clock,
    ILogger<PairingCompletion> logger)
{
    public async Task<IResult> RunAsync(PairingToken token, ProofSignature signature, ReadOnlyMemory<byte> dataToken)
    {
        var claim = Guid.NewGuid().ToString();
        var claimedAt = clock.GetTimestamp();
        try
        {
            // 2. PENDING → verifying: whoever gets it is alone from here on. The end of life is judged now, and not again.
            var claimed = await store.ClaimAsync(token, claim);
            if (claimed.Proof is not { } proof)
            {
                return await RefuseAsync(token, claimed.Refusal);
            }

            // 3. The signature over the nonce text, with the key of init.
            using var deviceKey = proof.PublicKey.CreateVerifier();
            if (!signature.Proves(proof.Nonce, deviceKey))
            {
                return await DenyAsync(token, claim, PairingReason.SignatureInvalid, PairingProblems.SignatureInvalid);
            }

            // 4. The data token.
            if (!DataToken.TryOpen(
                dataToken.Span, keys.Decryption, keys.PreviousDecryption, deviceKey, clock.GetUtcNow(), out var measurement))
            {
                return await DenyAsync(token, claim, PairingReason.DataTokenInvalid, PairingProblems.DataTokenInvalid);
            }

            // 5. A process that was paused until its claim may have been taken over must not commit.
            if (clock.GetElapsedTime(claimedAt) >= PairingRules.CommitDeadline)
            {
                throw new TimeoutException("The claim is about to end.");
            }

            // 6. The link, in Postgres. It is the decision; the state in Redis follows it.
            var now = clock.GetUtcNow();
            switch (await database.LinkAsync(token, proof, measurement, now, options.RejectReusedKeys, CancellationToken.None))
            {
                case LinkOutcome.UserAlreadyPaired:
                    return await DenyAsync(token, claim, PairingReason.UserAlreadyPaired, PairingProblems.UserAlreadyPaired);
                case LinkOutcome.KeyReused:
                    return await DenyAsync(token, claim, PairingReason.PublicKeyInvalid, PairingProblems.PublicKeyInvalid);
                case LinkOutcome.Replayed:
                    // A process died between commit and APPROVED. The link decides.
                    await ApproveAsync(token, now);
                    return PairingProblems.Replayed;
                default:
                    await ApproveAsync(token, now);
                    return TypedResults.NoContent();
            }
        }
        catch
        {
            // Our failure, not the phone's: the nonce is still good.
            await store.ReleaseAsync(token.Jti, claim).Quietly();
            throw;
        }
    }

    // The link row outlives the state: a linked pairing whose state says something else, or is lost, was completed already.
    private async Task<IResult> RefuseAsync(PairingToken token, StoreRefusal refusal)
    {
        switch (refusal)
        {
            case StoreRefusal.TenantMismatch:
                return PairingProblems.TenantMismatch;
            case StoreRefusal.Replayed:
                return PairingProblems.Replayed;
        }

        // Past its end a pairing is gone, linked or not (§2.4): our own token ends with it.
        var isOver = clock.GetUtcNow().ToUnixTimeSeconds() >= token.ExpiresAt;
        if (!isOver && await database.IsLinkedAsync(token, CancellationToken.None))
        {
            return PairingProblems.Replayed;
        }

        return refusal == StoreRefusal.NotPending ? PairingProblems.NotPending : PairingProblems.NotFoundOrExpired;
    }

    private async Task<IResult> DenyAsync(PairingToken token, string claim, string reason, Problem problem)
    {
        var (transaction, isLinked) = await database.BeginDenyAsync(token, CancellationToken.None);
        await using var _ = transaction;
        if (isLinked)
        {
            await ApproveAsync(token, clock.GetUtcNow());
            return PairingProblems.Replayed;
        }

        if (!await store.DenyAsync(token.Jti, claim, reason))
        {
            // The claim was too old and another complete, or a newer pairing, has it.
            return PairingProblems.NotPending;
        }

        await transaction.CommitAsync(batch => outbox.Add(batch, Aggregate.Of(token.TenantId, token.UserId), new PairingDenied
        {
            TenantId = token.TenantId,
            UserId = token.UserId,
            Jti = token.Jti,
            Reason = reason,
            OccurredAt = clock.GetUtcNow(),
        }));
        return problem;
    }

    private async Task ApproveAsync(PairingToken token, DateTimeOffset linkedAt)
    {
        try
        {
            await store.ApproveAsync(token, linkedAt);
        }
        catch (Exception exception)
        {
            // The commit stands, so the answer does. Status and repeats read the link first; the sweep corrects the state.
            LogNotApproved(token.Jti, exception.Message);
        }
    }

    [LoggerMessage(1, LogLevel.Warning, "Pairing {Jti} is linked, but its state could not be written: {Reason}")]
    private partial void LogNotApproved(Guid jti, string reason);
}
