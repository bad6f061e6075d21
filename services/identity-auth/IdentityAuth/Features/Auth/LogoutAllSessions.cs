using IdentityAuth.Data;
using IdentityAuth.Domain;
using IdentityAuth.Http;

namespace IdentityAuth.Features.Auth;

/// <summary>Ends the listed sessions of the caller (contract §3.12), despite its name. Unknown ones and those of others are ignored.</summary>
public static class LogoutAllSessions
{
    private const int MaximumCount = 100;
    private const int MaximumLength = 256;

    public static void Map(RouteGroupBuilder group) => group.MapPost("/sessions/logout", HandleAsync)
        .WithName(nameof(LogoutAllSessions))
        .WithSummary("End sessions")
        .WithDescription("Ends those of the listed sessions that are the caller's; the current one may be among them.")
        .NeedsSession()
        .NeedsSudo()
        .Limited(Buckets.SessionsLogout)
        .Takes<LogoutAllSessionsRequest>()
        .Answers(StatusCodes.Status204NoContent, "There are no such sessions any more.")
        .Refuses(IdentityAuthProblems.InvalidFormBody);

    internal static async Task<IResult> HandleAsync(
        HttpContext http, UserStore users, Sudo sudo, Revocations revocations, CancellationToken cancellationToken)
    {
        using var body = await FormBody.ReadAsync(http);
        var texts = body.Texts("session_id_hashes", MaximumCount, MaximumLength);
        var fields = SudoFields.Read(body);
        if (body.Errors.Any)
        {
            return body.Errors;
        }

        if (await users.FindAsync(http.Caller.User.Id, cancellationToken) is not { } user)
        {
            return IdentityAuthProblems.UnknownUser;
        }

        if (await sudo.CheckAsync(http, user, fields, cancellationToken) is { } refusal)
        {
            return refusal;
        }

        byte[][] hashes = [.. texts.Select(text => SessionToken.TryReadIdHash(text, out var hash) ? hash : null).OfType<byte[]>()];
        await revocations.EndAsync(user.Id, hashes, RevocationReason.SessionsEnded, ClientAddress.Of(http), cancellationToken);
        return TypedResults.NoContent();
    }
}

/// <summary>Which sessions to end, and the sudo fields. Unknown members are ignored.</summary>
public sealed record LogoutAllSessionsRequest : SudoRequest
{
    /// <summary>Up to 100 names of sessions (<c>id_hash</c>).</summary>
    public required IReadOnlyList<string> SessionIdHashes { get; init; }
}
