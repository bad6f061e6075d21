using System.Text.Json.Serialization;
using IdentityAuth.Data;
using IdentityAuth.Domain;
using IdentityAuth.Http;
using Npgsql;

namespace IdentityAuth.Features.Auth;

/// <summary>The device asks whether its code was confirmed (contract §6). The session is handed out once.</summary>
public static class GetHandoffStatus
{
    public static void Map(RouteGroupBuilder group) => group.MapGet("/handoff/{code}/status", HandleAsync)
        .WithName(nameof(GetHandoffStatus))
        .WithSummary("Ask how a handoff stands")
        .WithDescription("Every two seconds or so. With `completed` comes the session, once: the next answer is `expired`.")
        .HasParameter("code", "The code that the device shows.")
        .Limited(Buckets.HandoffStatus)
        .Answers<GetHandoffStatusResponse>(StatusCodes.Status200OK, "How it stands. An unknown code counts as expired.")
        .Refuses(IdentityAuthProblems.InvalidHandoffCode);

    internal static Task<IResult> HandleAsync(string code, Handoffs handoffs, NpgsqlDataSource source) => CollectAsync(code, null, handoffs, source);

    /// <summary>Looks, and hands out what waits.</summary>
    internal static async Task<IResult> CollectAsync(string code, string? pollSecret, Handoffs handoffs, NpgsqlDataSource source)
    {
        if (!HandoffCode.TryParse(code, out var parsed))
        {
            return IdentityAuthProblems.InvalidHandoffCode;
        }

        var (status, result) = await handoffs.CollectAsync(parsed, pollSecret);
        if (result is not null)
        {
            // Somebody has come for it: it is a session like any other now.
            var kept = await source.ExecuteAsync("UPDATE sessions SET collect_by = NULL WHERE token_hash = $1", [SessionToken.Hash(result.Token)], CancellationToken.None);
            if (kept == 0)
            {
                return TypedResults.Ok(new GetHandoffStatusResponse(Word(HandoffStatus.Expired), null, null));
            }
        }

        return TypedResults.Ok(new GetHandoffStatusResponse(
            Word(status),
            result?.Token,
            result is null ? null : Snowflake.Text(result.UserId)));
    }

    internal static string Word(HandoffStatus status) => status switch
    {
        HandoffStatus.Pending => "pending",
        HandoffStatus.Completed => "completed",
        _ => "expired",
    };
}

/// <summary>How a handoff stands.</summary>
/// <param name="Status"><c>pending</c>, <c>completed</c> or <c>expired</c>.</param>
/// <param name="Token">The session token, with <c>completed</c>.</param>
/// <param name="UserId">The account, with <c>completed</c>.</param>
public sealed record GetHandoffStatusResponse(
    string Status,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Token,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? UserId);
