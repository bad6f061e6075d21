using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json.Serialization;
using Microsoft.Extensions.Options;
using ScopeSigning.Data;
using ScopeSigning.Delivery;
using ScopeSigning.Domain;
using ScopeSigning.Http;
using ScopeSigning.OpenApi;
using ScopeSigning.Signing;

namespace ScopeSigning.Features.Scopes;

/// <summary>
/// Opens a scope job: the Authentiq API's <c>sign_request</c>. A registered key asks; a code goes to the address or number, and
/// whoever hands it back has proven control of it.
/// </summary>
public static class RequestScope
{
    public static void Map(RouteGroupBuilder group) => group.MapPost("/scope", HandleAsync)
        .WithName(nameof(RequestScope))
        .WithSummary("Open a scope job")
        .WithDescription(
            "Sends a code (and for e-mail a link) to the value that the token claims. An older waiting job of the same key, scope and " +
            "value is destroyed, so only the newest code works. At most 3 jobs for one value in 10 minutes and 10 in a day.")
        .TakesQuery("test", required: false, "0 or absent: the real issuer. Any other integer: the test issuer, whose messages go to the test sink and whose tokens nobody trusts.")
        .TakesToken("Self-signed Claims: 'sub', 'scope' (email, phone or address), the value under the scope's name, optionally 'type', 'iat', 'exp', 'jti'.")
        .Answers<RequestScopeResponse>(201, "The job was opened and its message stored. The header Location names the job.")
        .Refuses(
            ScopeSigningProblems.BadRequest, ScopeSigningProblems.AuthError, ScopeSigningProblems.UnknownKey,
            ScopeSigningProblems.RevokedKey, ScopeSigningProblems.RateLimit)
        .RefusesTokenBodies();

    internal static async Task<IResult> HandleAsync(
        HttpRequest request, TokenGate gate, JobStore jobs, ScopeValues values, ScopeSigners signers, PepperedHash hash, RateLimits limits,
        IssuerIdentity identity, IOptions<ScopeSigningOptions> options, TimeProvider clock, CancellationToken cancellationToken)
    {
        if (!TryReadTest(QueryParameters.Of(request), out var test))
        {
            return ScopeSigningProblems.Malformed("'test' is an integer, given at most once.").ToResult();
        }

        if (test && !signers.TestMode)
        {
            return ScopeSigningProblems.Malformed("The test issuer is switched off here.").ToResult();
        }

        if ((await gate.ReadAsync(request, ScopeClaimsProfile.Instance, cancellationToken)).IsRefused(out var refusal, out var token))
        {
            return refusal.ToResult();
        }

        var claims = token.Claims;
        if (signers.SignerOf(claims.Scope, test) is not { } signer)
        {
            return ScopeSigningProblems.Malformed("Nobody is set up to sign this scope here.").ToResult();
        }

        if ((await gate.AdmitAsync(token, cancellationToken)).IsRefused(out refusal, out _))
        {
            return refusal.ToResult();
        }

        var value = await values.FromAsync(claims, cancellationToken);
        var valueHash = hash.OfValue(claims.Scope, value.Normal);
        var limit = await limits.TakeAsync(LimitsOf(options.Value.Limits, token.Subject, valueHash, test));
        if (limit.RetryAfter is { } wait)
        {
            return RefusalResults.TooMany(wait);
        }

        var id = JobId.Create();
        var reference = Guid.NewGuid();
        var code = RandomNumberGenerator.GetInt32(1_000_000).ToString("D6", CultureInfo.InvariantCulture);
        var linkSecret = claims.Scope == ScopeKind.Email ? Base64UrlText.Encode(RandomNumberGenerator.GetBytes(32)) : null;
        var expires = clock.GetUtcNow() + signers.WaitingLifetimeOf(claims.Scope);
        var content = new DeliveryContent
        {
            Kind = DeliveryContent.ScopeConfirm,
            Channel = claims.Channel,
            Email = value.Email,
            Phone = value.Phone,
            Address = value.Address,
            Code = code,
            // The secret stands in the fragment, which reaches no server, log or referrer.
            Link = linkSecret is null ? null : $"{identity.BaseUrl}/confirm/{id.Text}#{linkSecret}",
        };
        var job = new NewJob(
            reference, id, token.Subject, claims.Scope, claims.Channel, signer, test, value, valueHash,
            hash.OfCode(id, code), linkSecret is null ? null : hash.OfLinkSecret(id, linkSecret), expires);
        var delivery = new NewDelivery(token.Subject, content, expires, Job: reference, Test: test);
        if (await jobs.CreateAsync(job, delivery, gate.SpentBy(token), cancellationToken) is var result && result != SpendResult.Done)
        {
            return TokenGate.RefusalOf(result);
        }

        return TypedResults.Created(
            $"{identity.BaseUrl}/scope/{id.Text}",
            new RequestScopeResponse { Job = id.Text, Status = "waiting" });
    }

    private static LimitedSubject[] LimitsOf(LimitOptions limits, SubjectKey subject, byte[] valueHash, bool test)
    {
        var issuer = test ? "test" : "real";
        var value = $"scope-value:{issuer}:{Base64UrlText.Encode(valueHash)}";
        return
        [
            new LimitedSubject(value, Limit.Parse(limits.ScopePerAddressShort)),
            new LimitedSubject(value, Limit.Parse(limits.ScopePerAddressLong)),
            new LimitedSubject($"scope-sub:{issuer}:{subject.Fingerprint}", Limit.Parse(limits.ScopePerSub)),
        ];
    }

    /// <summary>An integer of any length; only whether it is zero matters.</summary>
    private static bool TryReadTest(QueryParameters query, out bool test)
    {
        test = false;
        if (query.Count("test") == 0)
        {
            return true;
        }

        var digits = query.Single("test").AsSpan().TrimStart('-');
        if (query.Single("test") is not { } text || digits.IsEmpty || digits.Length < text.Length - 1 || digits.ContainsAnyExceptInRange('0', '9'))
        {
            return false;
        }

        test = digits.ContainsAnyExcept('0');
        return true;
    }
}

/// <summary>A job was opened.</summary>
public sealed record RequestScopeResponse
{
    /// <summary>The job: 20 base64url characters. Whoever knows it can act on it, so keep it secret.</summary>
    [JsonPropertyName("job")]
    public required string Job { get; init; }

    /// <summary>Always <c>waiting</c>.</summary>
    [JsonPropertyName("status")]
    public required string Status { get; init; }
}
