using IdentityAuth.Data;
using IdentityAuth.Domain;
using IdentityAuth.Http;
using Npgsql;

namespace IdentityAuth.Features.Auth;

/// <summary>The caller's live sessions, the most recently used first (contract §3.11).</summary>
public static class ListAuthSessions
{
    public static void Map(RouteGroupBuilder group) => group.MapGet("/sessions", HandleAsync)
        .WithName(nameof(ListAuthSessions))
        .WithSummary("List the own sessions")
        .WithDescription("Where the account is signed in, the most recently used first.")
        .NeedsSession()
        .Limited(Buckets.Sessions)
        .Answers<IReadOnlyList<AuthSessionResponse>>(StatusCodes.Status200OK, "At least the session of this request.");

    internal static async Task<IResult> HandleAsync(
        HttpContext http, NpgsqlDataSource source, IdentityAuthOptions options, TimeProvider clock, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        var caller = http.Caller;
        await using var command = source.Command(
            """
            SELECT token_hash, last_used_at, user_agent, platform FROM sessions
            WHERE user_id = $1 AND last_used_at > $2 AND created_at > $3 ORDER BY last_used_at DESC, created_at DESC
            """,
            caller.User.Id, now - options.SessionIdleLifetime, now - options.SessionLifetime);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var sessions = new List<AuthSessionResponse>();
        while (await reader.ReadAsync(cancellationToken))
        {
            var idHash = SessionToken.IdHash(reader.GetFieldValue<byte[]>(0));
            sessions.Add(new AuthSessionResponse(
                idHash, ClientInfoResponse.Of(reader.TextOrNull(2), reader.TextOrNull(3)), reader.Time(1), idHash == caller.Session.IdHash));
        }

        return TypedResults.Ok(sessions);
    }
}

/// <summary>A session.</summary>
/// <param name="IdHash">Its name: SHA-256 of its token in base64url, 43 characters.</param>
/// <param name="ClientInfo">The device.</param>
/// <param name="ApproxLastUsedAt">Right to about a minute.</param>
/// <param name="Current">Whether it is the session of this request.</param>
public sealed record AuthSessionResponse(string IdHash, ClientInfoResponse? ClientInfo, DateTimeOffset? ApproxLastUsedAt, bool Current);

/// <summary>A device, as far as it has told.</summary>
/// <param name="Platform"><c>Fluxer Desktop</c>, or the browser.</param>
/// <param name="Os">Operating system.</param>
/// <param name="Browser">Browser.</param>
/// <param name="Location">Not known.</param>
public sealed record ClientInfoResponse(string? Platform, string? Os, string? Browser, LocationResponse? Location)
{
    internal static ClientInfoResponse Of(string? userAgent, string? platform)
    {
        var agent = UserAgent.Parse(userAgent);
        return new ClientInfoResponse(platform == "desktop" ? "Fluxer Desktop" : agent.Browser, agent.OperatingSystem, agent.Browser, null);
    }
}

/// <summary>Where an address is.</summary>
/// <param name="City">City.</param>
/// <param name="Region">Region.</param>
/// <param name="Country">Country.</param>
public sealed record LocationResponse(string? City, string? Region, string? Country);
