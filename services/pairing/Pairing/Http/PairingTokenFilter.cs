using Microsoft.AspNetCore.Http.Features;
using Pairing.Data;
using Pairing.Domain;

namespace Pairing.Http;

/// <summary>
/// The gate of the phone's operations: the pairing token in <c>Authorization: Bearer</c>, nowhere else (RFC 6750 §2.1), then the rate
/// limit, then the operation, which finds the token by <see cref="PairingTokenExtensions.get_PairingToken"/>. The body is not looked
/// at before. Logs how each attempt ended.
/// </summary>
internal sealed partial class PairingTokenFilter(
    PairingTokenVerifier verifier, RateLimiter limiter, PairingMetrics metrics, PairingOptions options, ILogger<PairingTokenFilter> logger)
{
    private const string Scheme = "Bearer ";

    public async ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, string operation, EndpointFilterDelegate next)
    {
        var http = context.HttpContext;

        // 1. The token.
        var verification = BearerToken(http.Request) is { } bearer
            ? await verifier.VerifyAsync(bearer, http.RequestAborted)
            : TokenVerification.Invalid;
        if (verification.Token is not { } token)
        {
            var refusal = verification.Refusal == TokenRefusal.Claims ? PairingProblems.InvalidTokenClaims : PairingProblems.InvalidToken;
            LogRefused(operation, refusal.Error);
            metrics.Count(operation, refusal.Error);
            return refusal;
        }

        // 2. The rate limit, and 3. the operation.
        var result = await CheckLimitAsync(http, operation, token) ?? await RunAsync(context, token, next);

        var outcome = Problem.CodeOf(result);
        LogOutcome(operation, token.Jti, token.TenantId, outcome);
        metrics.Count(operation, outcome);
        return result;
    }

    private async ValueTask<object?> CheckLimitAsync(HttpContext http, string operation, PairingToken token)
        => options.RateLimits && await limiter.CountAsync(operation, token.Jti, ClientAddress.Of(http)) is { } wait
            ? PairingProblems.RateLimited.RetryAfter(wait)
            : null;

    private static ValueTask<object?> RunAsync(EndpointFilterInvocationContext context, PairingToken token, EndpointFilterDelegate next)
    {
        context.HttpContext.Features.Set(token);
        return next(context);
    }

    // One header, one scheme (its name in any case), one token.
    private static string? BearerToken(HttpRequest request)
    {
        var header = request.Headers.Authorization;
        if (header.Count != 1 || header[0] is not { } value || !value.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase))
        {
            return null;
        }

        return value[Scheme.Length..].Trim(' ');
    }

    [LoggerMessage(1, LogLevel.Information, "{Operation}: {Outcome}")]
    private partial void LogRefused(string operation, string outcome);

    [LoggerMessage(2, LogLevel.Information, "{Operation} of pairing {Jti}, tenant {TenantId}: {Outcome}")]
    private partial void LogOutcome(string operation, Guid jti, Guid tenantId, string outcome);
}

/// <summary>Names one of the phone's operations: each has a limit of its own.</summary>
internal sealed record PairingOperation(string Name);

internal static class PairingTokenExtensions
{
    /// <summary>Closes a group of routes: whatever is in it needs a pairing token.</summary>
    public static RouteGroupBuilder RequirePairingToken(this RouteGroupBuilder group)
        => group.AddEndpointFilter((context, next) =>
        {
            var http = context.HttpContext;
            var operation = http.GetEndpoint()!.Metadata.GetRequiredMetadata<PairingOperation>();
            return http.RequestServices.GetRequiredService<PairingTokenFilter>().InvokeAsync(context, operation.Name, next);
        })
        .IsSecuredBy(SecuritySchemes.PairingToken)
        .Refuses(PairingProblems.InvalidToken, PairingProblems.InvalidTokenClaims, PairingProblems.RateLimited);

    extension(HttpContext http)
    {
        /// <summary>The verified token of this request.</summary>
        public PairingToken PairingToken => http.Features.GetRequiredFeature<PairingToken>();
    }
}
