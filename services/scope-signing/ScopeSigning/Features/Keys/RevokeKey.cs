using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Options;
using ScopeSigning.Data;
using ScopeSigning.Domain;
using ScopeSigning.Http;
using ScopeSigning.OpenApi;

namespace ScopeSigning.Features.Keys;

/// <summary>
/// Revokes a key with the secret of its registration: the Authentiq API's <c>key_revoke</c>. Final. Ten wrong secrets in an hour
/// lock the operation for that key, for right ones too.
/// </summary>
public static class RevokeKey
{
    public static void Map(RouteGroupBuilder group) => group.MapDelete("/key/{key}", HandleAsync)
        .WithName(nameof(RevokeKey))
        .WithSummary("Revoke a key with its secret")
        .WithDescription("Revokes the key for good: its jobs, bindings and device token are erased. Repeating it with the right secret is 'done' again.")
        .TakesKey()
        .TakesQuery("secret", required: true, "The revocation secret that the registration answered.")
        .Answers<StatusResponse>(200, "Revoked, now or before.")
        .Refuses(ScopeSigningProblems.BadRequest, ScopeSigningProblems.AuthError, ScopeSigningProblems.UnknownKey, ScopeSigningProblems.RateLimit, ScopeSigningProblems.Unavailable);

    internal static async Task<IResult> HandleAsync(
        string key, HttpRequest request, KeyStore keys, RateLimits limits, IOptions<ScopeSigningOptions> options, CancellationToken cancellationToken)
    {
        if (QueryParameters.Of(request).Single("secret") is not { Length: > 0 } secret)
        {
            return ScopeSigningProblems.Malformed("'secret' is required, once.").ToResult();
        }

        if (!SubjectKey.TryParse(key, out var subject) || await keys.FindAsync(subject, cancellationToken) is not { } row)
        {
            return TokenGate.UnknownKey.ToResult();
        }

        // A place among the wrong ones is taken before the comparison and given back after a right one, so that parallel guesses
        // cannot pass the limit.
        var attempt = await limits.TakeAsync(
            new LimitedSubject($"secret:{subject.Fingerprint}", Limit.Parse(options.Value.Limits.SecretPerKey)));
        if (attempt.RetryAfter is { } wait)
        {
            return RefusalResults.TooMany(wait);
        }

        if (!CryptographicOperations.FixedTimeEquals(SHA256.HashData(Encoding.UTF8.GetBytes(secret)), row.SecretHash))
        {
            return ScopeSigningProblems.NotAuthenticated.ToResult();
        }

        await limits.GiveBackAsync(attempt);
        await keys.RevokeAsync(subject, "secret", cancellationToken);
        return TypedResults.Ok(new StatusResponse { Status = "done" });
    }
}
