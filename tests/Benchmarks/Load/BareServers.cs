using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Yarp.ReverseProxy.Configuration;

namespace Benchmarks.Load;

/// <summary>The bare things that ours are compared with.</summary>
internal static class BareServers
{
    private const string Body = """{"keys":[{"kty":"EC","crv":"P-256","kid":"benchmark"}]}""";

    /// <summary>Kestrel that answers the same few bytes to everything.</summary>
    public static async Task RunUpstreamAsync(string port)
    {
        await using var app = Builder(port).Build();
        app.Run(static async context =>
        {
            context.Response.ContentType = "application/json";
            context.Response.ContentLength = Body.Length;
            await context.Response.WriteAsync(Body);
        });
        await app.RunAsync();
    }

    /// <summary>YARP with one route and nothing else.</summary>
    public static async Task RunProxyAsync(string port, string upstream)
    {
        var builder = Builder(port);
        builder.Services.AddReverseProxy().LoadFromMemory(
            [new RouteConfig { RouteId = "all", ClusterId = "one", Match = new RouteMatch { Path = "{**rest}" } }],
            [
                new ClusterConfig
                {
                    ClusterId = "one",
                    Destinations = new Dictionary<string, DestinationConfig>(StringComparer.Ordinal)
                    {
                        ["one"] = new() { Address = $"http://127.0.0.1:{upstream}/" },
                    },
                },
            ]);
        await using var app = builder.Build();
        app.MapReverseProxy();
        await app.RunAsync();
    }

    private static WebApplicationBuilder Builder(string port)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls($"http://127.0.0.1:{port}");
        return builder;
    }
}
