using System.Globalization;
using System.Net;
using IdentityAuth.Data;
using IdentityAuth.Domain;
using IdentityAuth.Sso;

using IPNetwork = System.Net.IPNetwork;

namespace IdentityAuth.Http;

/// <summary>
/// The first checks of every operation, in the order of contract §1.7: ban, single sign-on, challenge, limits, session, length of
/// the body. The operation does the rest: body, sudo, business rules.
/// </summary>
internal sealed class OperationGate(
    RequestDelegate next,
    IdentityAuthOptions options,
    ISsoGate sso,
    Captcha captcha,
    RateLimiter limiter,
    UnknownTokens unknownTokens,
    SessionDirectory sessions)
{
    private readonly IPNetwork[] _banned = [.. options.BannedNetworks.Select(IPNetwork.Parse)];

    public Task InvokeAsync(HttpContext http)
        => http.GetEndpoint()?.Metadata.GetMetadata<OperationPolicy>() is { } policy ? CheckAsync(http, policy) : next(http);

    private async Task CheckAsync(HttpContext http, OperationPolicy policy)
    {
        // 1. Banned addresses.
        if (_banned.Length > 0 && IsBanned(http.Connection.RemoteIpAddress))
        {
            await IdentityAuthProblems.IpBanned.ExecuteAsync(http);
            return;
        }

        // 2. Enforced single sign-on (§1.10).
        if (policy.IsLocalSignIn && sso.IsEnforced)
        {
            await IdentityAuthProblems.SsoRequired.ExecuteAsync(http);
            return;
        }

        // 3. The challenge (§1.6).
        if (policy.NeedsCaptcha && await captcha.CheckAsync(http) is { } challenge)
        {
            await challenge.ExecuteAsync(http);
            return;
        }

        // The token is resolved here, so that the limits know whose request it is; its 401 comes in its place.
        Caller? caller = null;
        if (SessionHeader.TryRead(http.Request, out var token) && !sessions.TryRecall(token, out caller))
        {
            (caller, var tooMany) = options.RateLimits
                ? await LookUpAsync(token, ClientAddress.Of(http), http.RequestAborted)
                : (await sessions.ReadAsync(token, http.RequestAborted), null);
            if (tooMany is { } refusal)
            {
                await RefuseAsync(http, refusal);
                return;
            }
        }

        if (caller is not null)
        {
            http.Features.Set(caller);
        }

        // 4. The limits (§1.7).
        if (options.RateLimits && policy.Bucket is { } bucket)
        {
            var decision = await limiter.CountAsync(bucket, caller is null ? $"ip:{ClientAddress.Of(http)}" : $"user:{Snowflake.Text(caller.User.Id)}");
            if (decision.Wait is not null)
            {
                await RefuseAsync(http, decision);
                return;
            }

            WriteHeaders(http.Response.Headers, decision);
        }

        // 5. The session (§1.4).
        if (policy.Session != SessionNeed.None)
        {
            if (caller is null)
            {
                await IdentityAuthProblems.Unauthorized.ExecuteAsync(http);
                return;
            }

            if (caller.User.IsBot)
            {
                await IdentityAuthProblems.AccessDenied.ExecuteAsync(http);
                return;
            }

            sessions.NoteUse(caller, ClientAddress.Of(http));
            if (policy.Session == SessionNeed.Unsuspicious && caller.User.SuspiciousActivity != SuspiciousActivity.None)
            {
                await Suspicious(caller.User.SuspiciousActivity).ExecuteAsync(http);
                return;
            }
        }

        // 6. The length that is announced (§1.1), also where nobody reads the body. One without a length is bounded as it is read.
        if (http.Request.ContentLength > FormBody.Limit)
        {
            await IdentityAuthProblems.PayloadTooLarge.ExecuteAsync(http);
            return;
        }

        await next(http);
    }

    private async Task<(Caller? Caller, RateLimitDecision? Refusal)> LookUpAsync(string token, string address, CancellationToken cancellationToken)
    {
        if (await unknownTokens.BeginAsync(address, cancellationToken) is { } tooMany)
        {
            return (null, tooMany);
        }

        var foundNothing = false;
        try
        {
            var caller = await sessions.ReadAsync(token, cancellationToken);
            foundNothing = caller is null;
            return (caller, null);
        }
        finally
        {
            unknownTokens.End(address, foundNothing);
        }
    }

    private bool IsBanned(IPAddress? address)
    {
        if (address is null)
        {
            return false;
        }

        var plain = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        return _banned.Any(network => network.Contains(plain));
    }

    private static Task RefuseAsync(HttpContext http, in RateLimitDecision decision)
    {
        WriteHeaders(http.Response.Headers, decision);
        return RateLimitAnswer.For(decision).ExecuteAsync(http);
    }

    private static void WriteHeaders(IHeaderDictionary headers, in RateLimitDecision decision)
    {
        headers["X-RateLimit-Limit"] = decision.Bucket.Limit.ToString(CultureInfo.InvariantCulture);
        headers["X-RateLimit-Remaining"] = decision.Remaining.ToString(CultureInfo.InvariantCulture);
        headers["X-RateLimit-Reset"] = RateLimitAnswer.Reset(decision.FullAt);
    }

    private static IResult Suspicious(SuspiciousActivity flags) => IdentityAuthProblems.AccountSuspiciousActivity.With(json =>
    {
        json.WriteStartObject("data"u8);
        json.WriteNumber("suspicious_activity_flags"u8, (int)flags);
        json.WriteEndObject();
    });
}
