using System.Globalization;
using System.Security.Cryptography;
using Microsoft.Extensions.Options;
using ScopeSigning.Data;
using ScopeSigning.Delivery;
using ScopeSigning.Domain;
using ScopeSigning.Http;
using ScopeSigning.OpenApi;
using ScopeSigning.Signing;

namespace ScopeSigning.Features.Keys;

/// <summary>
/// Revokes a key whose secret is lost: the Authentiq API's <c>key_revoke_nosecret</c>. Whoever knows the bound e-mail address and
/// phone number has a code mailed to that address, and revokes with it.
/// </summary>
public static class RevokeKeyByCode
{
    public static void Map(RouteGroupBuilder group) => group.MapDelete("/key", HandleAsync)
        .WithName(nameof(RevokeKeyByCode))
        .WithSummary("Revoke a key without its secret")
        .WithDescription(
            "Without 'code', mails an 8-digit code to the address bound to the key; with it, revokes the key for good. An open " +
            "revocation lasts 30 minutes and ends with the fifth wrong code.")
        .TakesQuery("email", required: true, "The e-mail address bound to the key.")
        .TakesQuery("phone", required: true, "The phone number bound to the key, E.164.")
        .TakesQuery("code", required: false, "The code from the mail.")
        .Answers<StatusResponse>(200, "'pending': a code was mailed. 'done': the key is revoked.")
        .Refuses(
            ScopeSigningProblems.BadRequest, ScopeSigningProblems.AuthError, ScopeSigningProblems.UnknownKey,
            ScopeSigningProblems.ConfirmFirst, ScopeSigningProblems.RateLimit, ScopeSigningProblems.Unavailable);

    internal static async Task<IResult> HandleAsync(
        HttpContext context, RevocationStore revocations, ScopeValues values, PepperedHash hash, RateLimits limits,
        IOptions<ScopeSigningOptions> options, TimeProvider clock, CancellationToken cancellationToken)
    {
        var query = QueryParameters.Of(context.Request);
        if (!EmailAddress.TryParse(query.Single("email"), out var email) || !PhoneNumber.TryParse(query.Single("phone"), out var phone))
        {
            return ScopeSigningProblems.Malformed("'email' and 'phone' are required, once each, in their documented form.").ToResult();
        }

        if (query.Count("code") > 0 && query.Single("code") is null)
        {
            return ScopeSigningProblems.Malformed("'code' may be given once.").ToResult();
        }

        // The answers tell whether address and number belong together, so a caller gets few of them.
        var caller = await limits.TakeAsync(new LimitedSubject(
            $"revoke-caller:{hash.NameOf("caller", CallerAddress.Of(context))}", Limit.Parse(options.Value.Limits.RevokePerCaller)));
        if (caller.RetryAfter is { } wait)
        {
            return RefusalResults.TooMany(wait);
        }

        var pair = hash.OfPair(await values.HashOfAsync(email, cancellationToken), values.HashOf(phone));
        if (await revocations.FindAsync(pair, cancellationToken) is not { } bound)
        {
            return Unknown();
        }

        if (query.Single("code") is { Length: > 0 } code)
        {
            return await revocations.TryCodeAsync(pair, hash.OfRevocationCode(pair, code), cancellationToken) switch
            {
                RevocationResult.Done => TypedResults.Ok(new StatusResponse { Status = "done" }),
                RevocationResult.Unknown => Unknown(),
                _ => ScopeSigningProblems.NotAuthenticated.ToResult(),
            };
        }

        if (bound.IsOpen)
        {
            return AlreadyOpen();
        }

        var opening = await limits.TakeAsync(new LimitedSubject(
            $"revoke-open:{Base64UrlText.Encode(pair)}", Limit.Parse(options.Value.Limits.RevokeOpen)));
        if (opening.RetryAfter is { } pause)
        {
            return RefusalResults.TooMany(pause);
        }

        var newCode = RandomNumberGenerator.GetInt32(100_000_000).ToString("D8", CultureInfo.InvariantCulture);
        var mail = new NewDelivery(
            bound.Subject,
            new DeliveryContent { Kind = DeliveryContent.KeyRevoke, Channel = Channel.Email, Email = email.Text, Code = newCode },
            clock.GetUtcNow() + options.Value.Ttl.Revocation,
            Revocation: pair);
        if (await revocations.OpenAsync(pair, bound.Subject, hash.OfRevocationCode(pair, newCode), mail, cancellationToken))
        {
            return TypedResults.Ok(new StatusResponse { Status = "pending" });
        }

        // Another request opened it, or revoked the key, in between.
        await limits.GiveBackAsync(opening);
        return await revocations.FindAsync(pair, cancellationToken) is null ? Unknown() : AlreadyOpen();
    }

    private static IResult Unknown() => ScopeSigningProblems.UnknownKey.ToResult("No live key is bound to this pair.");

    private static IResult AlreadyOpen() => ScopeSigningProblems.ConfirmFirst.ToResult("A code was mailed already; use it, or wait until it is out of date.");
}
