using IdentityAuth.Data;
using IdentityAuth.Domain;
using IdentityAuth.Http;

namespace IdentityAuth.Features.Auth;

/// <summary>
/// The owner lets a sign-in from a new address in (contract §4). The address of that sign-in becomes known, not the caller's, and the
/// device that waits gets a session.
/// </summary>
public static class AuthorizeIpAddress
{
    public static void Map(RouteGroupBuilder group) => group.MapPost("/authorize-ip", HandleAsync)
        .WithName(nameof(AuthorizeIpAddress))
        .WithSummary("Let a sign-in from a new address in")
        .WithDescription("With the token that was mailed. The device that waits finds its session at the poll.")
        .Limited(Buckets.AuthorizeIp)
        .Takes<AuthorizeIpAddressRequest>()
        .Answers(StatusCodes.Status204NoContent, "The address is known now.")
        .Refuses(IdentityAuthProblems.InvalidFormBody, IdentityAuthProblems.AccountSuspendedPermanently, IdentityAuthProblems.AccountSuspendedTemporarily);

    internal static async Task<IResult> HandleAsync(
        HttpContext http, IpTickets tickets, UserStore users, SignIns signIns, TimeProvider clock, CancellationToken cancellationToken)
    {
        using var body = await FormBody.ReadAsync(http);
        var token = body.Text("token");
        if (body.Errors.Any)
        {
            return body.Errors;
        }

        // The stamp: whoever has set a new password since does not want this sign-in any more.
        if (await tickets.FindByTokenAsync(token) is not { } ticket
            || ticket.CreatedAt + IpTickets.Lifetime <= clock.GetUtcNow()
            || await users.FindAsync(ticket.UserId, cancellationToken) is not { IsDeleted: false } user
            || user.SecurityStamp != ticket.SecurityStamp)
        {
            return Invalid();
        }

        if (AccountGate.RefusalOf(user, clock.GetUtcNow()) is { } refusal)
        {
            return refusal;
        }

        // Removed before the session is made: a crash burns the token rather than letting it be used twice.
        if (!await tickets.ConsumeAsync(ticket))
        {
            return Invalid();
        }

        IssuedSession? session;
        try
        {
            session = await signIns.CreateAsync(user, SignInMethod.IpAuthorization, ticket.Client, cancellationToken, ticket.InviteCode, batch => batch.Add(
                "INSERT INTO authorized_ips (user_id, ip, created_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING", user.Id, ticket.Client.Address, clock.GetUtcNow()));
        }
        catch
        {
            await tickets.RestoreAsync(ticket);
            throw;
        }

        if (session is null)
        {
            return Invalid();
        }

        await tickets.CompleteAsync(ticket, session);
        return TypedResults.NoContent();
    }

    private static FieldErrors Invalid() => new("token", FieldCodes.InvalidAuthorizationToken);
}

/// <summary>The mailed token.</summary>
public sealed record AuthorizeIpAddressRequest
{
    /// <summary>1–256 characters.</summary>
    public required string Token { get; init; }
}
