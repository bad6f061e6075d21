using IdentityAuth.Data;
using IdentityAuth.Domain;
using IdentityAuth.Http;

namespace IdentityAuth.Features.Auth;

/// <summary>
/// A browser that is signed in confirms the code of a device (contract §6). The device gets a session of its own, labelled as the device;
/// who does not come for it in time has it revoked.
/// </summary>
public static class CompleteHandoff
{
    public static void Map(RouteGroupBuilder group) => group.MapPost("/handoff/complete", HandleAsync)
        .WithName(nameof(CompleteHandoff))
        .WithSummary("Confirm a handoff")
        .WithDescription("The session token of the confirming browser is in the body.")
        .Limited(Buckets.HandoffComplete)
        .Takes<CompleteHandoffRequest>()
        .Answers(StatusCodes.Status204NoContent, "A session waits for the device.")
        .Refuses(
            IdentityAuthProblems.InvalidFormBody, IdentityAuthProblems.InvalidToken, IdentityAuthProblems.SessionTokenMismatch,
            IdentityAuthProblems.InvalidHandoffCode, IdentityAuthProblems.HandoffCodeExpired);

    internal static async Task<IResult> HandleAsync(
        HttpContext http, SessionDirectory sessions, UserStore users, SignIns signIns, Handoffs handoffs, Revocations revocations,
        TimeProvider clock, CancellationToken cancellationToken)
    {
        using var body = await FormBody.ReadAsync(http);
        var text = body.Text("code");
        var token = body.Text("token");
        var userId = body.Text("user_id");
        if (body.Errors.Any)
        {
            return body.Errors;
        }

        // 1. The browser's session.
        if (!SessionToken.IsWellFormed(token) || await sessions.ResolveAsync(token, cancellationToken) is not { } caller)
        {
            return IdentityAuthProblems.InvalidToken;
        }

        // 2. Its owner.
        if (userId != Snowflake.Text(caller.User.Id))
        {
            return IdentityAuthProblems.SessionTokenMismatch;
        }

        if (await users.FindAsync(caller.User.Id, cancellationToken) is not { } user || AccountGate.RefusalOf(user, clock.GetUtcNow()) is not null)
        {
            return IdentityAuthProblems.InvalidToken;
        }

        // 3. The code; from here on it is this browser's.
        if (!HandoffCode.TryParse(text, out var code))
        {
            return IdentityAuthProblems.InvalidHandoffCode;
        }

        var (claim, client, expiresAt) = await handoffs.ClaimAsync(code);
        if (claim != HandoffClaim.Claimed)
        {
            return claim == HandoffClaim.Expired ? IdentityAuthProblems.HandoffCodeExpired : IdentityAuthProblems.InvalidHandoffCode;
        }

        // 4. The session. Provisional until the device has come for it.
        IssuedSession? session = null;
        try
        {
            session = await signIns.CreateAsync(user, SignInMethod.Handoff, client!, cancellationToken, collectBy: expiresAt);
        }
        finally
        {
            if (session is null)
            {
                await handoffs.ReleaseAsync(code);
            }
        }

        if (session is null)
        {
            return IdentityAuthProblems.InvalidToken;
        }

        if (await handoffs.CompleteAsync(code, session))
        {
            return TypedResults.NoContent();
        }

        await revocations.EndAsync(user.Id, [session.Hash], RevocationReason.HandoffCancelled, client!.Address, CancellationToken.None);
        return IdentityAuthProblems.InvalidHandoffCode;
    }
}

/// <summary>The code, and whose session confirms it.</summary>
public sealed record CompleteHandoffRequest
{
    /// <summary>As the device shows it; hyphens, blanks and case do not count.</summary>
    public required string Code { get; init; }

    /// <summary>The session token of the confirming browser.</summary>
    public required string Token { get; init; }

    /// <summary>The account that the browser believes to be signed in to.</summary>
    public required string UserId { get; init; }
}
