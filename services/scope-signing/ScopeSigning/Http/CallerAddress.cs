using System.Net;
using Microsoft.Extensions.Options;
using ServiceDefaults.Http;

namespace ScopeSigning.Http;

/// <summary>The caller is the peer; <c>X-Forwarded-For</c> counts only from loopback (the gateway) and from listed proxies.</summary>
internal static class CallerAddress
{
    public static IServiceCollection AddCallerAddress(this IServiceCollection services)
    {
        services.AddOptions<ForwardedHeadersOptions>().Configure<IOptions<ScopeSigningOptions>>(
            static (forwarded, options) => TrustedProxies.Configure(forwarded, options.Value.TrustedProxies));
        return services;
    }

    public static string Of(HttpContext context)
    {
        var address = context.Connection.RemoteIpAddress ?? IPAddress.None;
        return (address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address).ToString();
    }
}
