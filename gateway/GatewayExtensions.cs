using System.Text;
using Gateway.Edge;
using Gateway.Errors;
using Gateway.Forwarding;
using Gateway.Health;
using Gateway.Pages;
using Gateway.Routing;
using Gateway.Sessions;
using Microsoft.AspNetCore.HttpOverrides;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using ServiceDefaults.Messaging;
using Yarp.ReverseProxy.Configuration;
using Yarp.ReverseProxy.Health;

namespace Gateway;

/// <summary>Everything the gateway is made of, in the order in which a request meets it.</summary>
internal static class GatewayExtensions
{
    public static void AddGateway(this WebApplicationBuilder builder)
    {
        var services = builder.Services;

        services.AddOptions<GatewayOptions>()
            .BindConfiguration(GatewayOptions.Section)
            .ValidateDataAnnotations()
            .ValidateOnStart();
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton<PlatformSettings>();

        services.AddOptions<KestrelServerOptions>().Configure<IOptions<GatewayOptions>>(ConfigureServer);
        // A host may switch forwarded headers on by environment variable; here the TCP peer is the client, whoever says otherwise.
        services.PostConfigure<ForwardedHeadersOptions>(options => options.ForwardedHeaders = ForwardedHeaders.None);

        services.AddSingleton<ErrorAnswer>();
        services.AddSingleton<ApiFamily, PlatformErrors>();
        services.AddSingleton<ApiFamily, PairingErrors>();
        services.AddSingleton<ApiFamily, IdentityAuthErrors>();
        services.AddSingleton<ApiFamily, DeviceRegistryErrors>();
        services.AddSingleton<ApiFamily, ScopeSigningErrors>();

        services.AddSingleton<AccountPages>();
        services.AddSingleton<RevokedSessions>();
        services.AddSingleton<TokenEndpoint>();
        services.AddSingleton<SessionExchange>();
        services.AddHttpClient(TokenEndpoint.HttpClientName).ConfigurePrimaryHttpMessageHandler(CreateTokenClient);
        // Without a broker the gateway works: then a session that ended is refused when its exchange is 30 s old.
        if (!string.IsNullOrEmpty(builder.Configuration.GetConnectionString("rabbitmq")))
        {
            builder.AddMessageBus("gateway", bus => bus.ObservedByEveryInstance<SessionsRevokedObserver>());
        }

        services.AddSingleton<Bulkheads>();
        services.AddSingleton<BodyLengths>();
        services.AddSingleton<IProxyConfigProvider, ProxyConfiguration>();
        services.AddSingleton<SilentInstances>();
        services.AddSingleton<IActiveHealthCheckPolicy, InstanceProbes>();
        services.AddReverseProxy()
            .ConfigureHttpClient((_, handler) => ConfigureClient(handler))
            .AddTransforms(transforms =>
            {
                // RequestHead has written the forwarded headers already.
                transforms.UseDefaultForwarders = false;
                var route = RouteTable.Find(transforms.Route.RouteId);
                transforms.RequestTransforms.Add(new UnchangedTarget(route.RemoveFirstSegment));
                transforms.RequestTransforms.Add(new TraceContext());
                if (route.EventStream)
                {
                    transforms.ResponseTransforms.Add(new EarlyStreamHeaders());
                }
            });
    }

    public static void UseGatewayEdge(this WebApplication app)
    {
        if (!app.Environment.IsDevelopment())
        {
            app.UseHsts();
        }

        app.UseMiddleware<EdgeCorrelationId>();
        app.UseMiddleware<UnansweredRequests>();
        app.UseRouting();
        app.UseMiddleware<RequestHead>();
        app.UseMiddleware<RateLimits>();
    }

    public static void MapServices(this WebApplication app)
        => app.MapReverseProxy(proxy =>
            {
                proxy.UseMiddleware<ForwardRequest>();
                proxy.UseMiddleware<ExchangeSession>();
                proxy.UseLoadBalancing();
                proxy.UseMiddleware<LeaveSilentInstance>();
            })
            .ConfigureEndpoints((endpoint, route) => endpoint.WithMetadata(RouteTable.Find(route.RouteId)));

    private static void ConfigureServer(KestrelServerOptions server, IOptions<GatewayOptions> gateway)
    {
        server.Limits.MaxRequestBodySize = gateway.Value.MaxRequestBodyBytes;

        // The limits that clients meet are RequestHead's, which answers in the family's shape. The server itself refuses with an
        // empty body, so it does that only far beyond them.
        server.Limits.MaxRequestLineSize = 16 * 1024;
        server.Limits.MaxRequestHeadersTotalSize = 64 * 1024;
        server.Limits.MaxRequestHeaderCount = 200;

        // Header values are bytes that pass through. Latin-1 maps each byte to one character and back.
        server.RequestHeaderEncodingSelector = _ => Encoding.Latin1;
        server.ResponseHeaderEncodingSelector = _ => Encoding.Latin1;
    }

    private static SocketsHttpHandler CreateTokenClient()
    {
        var handler = new SocketsHttpHandler { UseProxy = false, UseCookies = false, AllowAutoRedirect = false };
        ConfigureClient(handler);
        return handler;
    }

    private static void ConfigureClient(SocketsHttpHandler handler)
    {
        handler.RequestHeaderEncodingSelector = (_, _) => Encoding.Latin1;
        handler.ResponseHeaderEncodingSelector = (_, _) => Encoding.Latin1;

        // TraceContext does it.
        handler.ActivityHeadersPropagator = null;

        // Instances are on the same machine or network: a connection that is not there at once never will be.
        handler.ConnectTimeout = TimeSpan.FromSeconds(2);
        // Below the 130 s after which the services' servers close an idle connection themselves.
        handler.PooledConnectionIdleTimeout = TimeSpan.FromSeconds(60);
        // Addresses may be names; this is how soon a changed one is noticed.
        handler.PooledConnectionLifetime = TimeSpan.FromMinutes(10);
    }
}
