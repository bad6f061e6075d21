using IdentityAuth.Data;
using IdentityAuth.Http;
using Npgsql;

namespace IdentityAuth.Features.Auth;

/// <summary>
/// The device asks whether its code was confirmed, with the secret that only it knows (contract §6, newer clients): who has read the code
/// from its screen learns nothing.
/// </summary>
public static class PollHandoff
{
    public static void Map(RouteGroupBuilder group) => group.MapPost("/handoff/{code}/status", HandleAsync)
        .WithName(nameof(PollHandoff))
        .WithSummary("Ask how a handoff stands, with the device's secret")
        .WithDescription("As the GET does, which knows no secret. A wrong one finds what an unknown code finds.")
        .HasParameter("code", "The code that the device shows.")
        .Limited(Buckets.HandoffStatus)
        .Takes<PollHandoffRequest>()
        .Answers<GetHandoffStatusResponse>(StatusCodes.Status200OK, "How it stands. An unknown code, or a wrong secret, counts as expired.")
        .Refuses(IdentityAuthProblems.InvalidFormBody, IdentityAuthProblems.InvalidHandoffCode);

    internal static async Task<IResult> HandleAsync(string code, HttpContext http, Handoffs handoffs, NpgsqlDataSource source)
    {
        using var body = await FormBody.ReadAsync(http);
        var secret = body.Text("poll_secret");
        return body.Errors.Any ? body.Errors : await GetHandoffStatus.CollectAsync(code, secret, handoffs, source);
    }
}

/// <summary>What the device was given with its code. Unknown members are ignored.</summary>
public sealed record PollHandoffRequest
{
    /// <summary>1–256 characters.</summary>
    public required string PollSecret { get; init; }

    public override string ToString() => "(secret)";
}
