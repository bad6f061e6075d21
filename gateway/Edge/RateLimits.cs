using Gateway.Errors;
using Gateway.Routing;
using Microsoft.Extensions.Options;

namespace Gateway.Edge;

/// <summary>The coarse limits per client address, in front of the services' own finer ones.</summary>
internal sealed class RateLimits
{
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    private readonly RequestDelegate _next;
    private readonly ErrorAnswer _errors;
    private readonly AddressLimiter? _requests;
    private readonly WindowLimiter? _scopeSigningWrites;
    private readonly WindowLimiter? _scopeSigningReads;

    public RateLimits(RequestDelegate next, ErrorAnswer errors, IOptions<GatewayOptions> options, TimeProvider clock)
    {
        var settings = options.Value;
        _next = next;
        _errors = errors;
        _requests = settings.RequestsPerSecond == 0
            ? null
            : new(clock, settings.RequestBurst, TimeSpan.FromSeconds((double)settings.RequestBurst / settings.RequestsPerSecond));
        _scopeSigningWrites = PerMinute(clock, settings.ScopeSigningWritesPerMinute);
        _scopeSigningReads = PerMinute(clock, settings.ScopeSigningReadsPerMinute);
    }

    public Task InvokeAsync(HttpContext context)
    {
        var refusal = LimiterFor(context)?.TryTake(ClientAddress.LimitKeyOf(context.Connection.RemoteIpAddress));
        return refusal is null ? _next(context) : _errors.WriteTooManyRequestsAsync(context, refusal.Value);
    }

    private static WindowLimiter? PerMinute(TimeProvider clock, int limit)
        => limit == 0 ? null : new WindowLimiter(clock, limit, Minute);

    private IAddressLimiter? LimiterFor(HttpContext context)
    {
        var metadata = context.GetEndpoint()?.Metadata;
        if (metadata?.GetMetadata<GatewayRoute>()?.Service == ServiceNames.ScopeSigning)
        {
            return IsRead(context.Request.Method) ? _scopeSigningReads : _scopeSigningWrites;
        }

        // A monitor must not be told that the gateway is ill because somebody else on its address is busy.
        return metadata?.GetMetadata<NoRateLimit>() is null ? _requests : null;
    }

    private static bool IsRead(string method)
        => HttpMethods.IsGet(method) || HttpMethods.IsHead(method) || HttpMethods.IsOptions(method);

    /// <summary>Endpoint metadata: the endpoint is not counted.</summary>
    internal sealed class NoRateLimit;
}
