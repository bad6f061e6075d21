using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Aspire.Hosting.Local.Dashboard;

/// <summary>A Kestrel on loopback inside AppHost's process, deaf to AppHost's own settings and signals.</summary>
internal static class LoopbackServer
{
    /// <summary>Streams end at once on shutdown; this is for a request that is just being answered.</summary>
    private static readonly TimeSpan ShutdownTimeout = TimeSpan.FromSeconds(2);

    /// <summary>
    /// The empty builder reads no configuration: <c>ASPNETCORE_URLS</c> of AppHost's launch profile would otherwise decide where this listens.
    /// </summary>
    public static WebApplication Build(Uri url, DashboardOptions options, Action<KestrelServerLimits> limit)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ApplicationName = typeof(LoopbackServer).Assembly.GetName().Name });
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            limit(kestrel.Limits);
            Listen(kestrel, url);
        });
        builder.Services.AddRoutingCore();
        builder.Services.AddSingleton(options.TimeProvider);
        builder.Services.AddSingleton<IHostLifetime, NoLifetime>();
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = ShutdownTimeout);
        if (options.LoggerFactory is { } logs)
        {
            builder.Services.AddSingleton(logs);
        }

        return builder.Build();
    }

    /// <summary>The address with the port that was taken. Port 0 binds one address only, so that one is named.</summary>
    public static Uri AddressOf(WebApplication app, Uri asked)
    {
        if (asked.Port != 0)
        {
            return asked;
        }

        var bound = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();
        return new Uri(bound);
    }

    /// <exception cref="ArgumentException">Not <c>http</c>, or not a loopback host.</exception>
    public static void Check(Uri url, string setting)
    {
        if (!url.IsAbsoluteUri || url.Scheme != Uri.UriSchemeHttp)
        {
            throw new ArgumentException($"{setting} has to be an absolute http address, and is '{url}'.", nameof(url));
        }

        if (!IsLoopbackHost(url.Host))
        {
            throw new ArgumentException($"{setting} has to name a loopback host (localhost, 127.0.0.1 or [::1]), and is '{url}': the dashboard shows secrets and starts processes.", nameof(url));
        }
    }

    /// <summary>
    /// Answers only requests that name a loopback host. Otherwise a page of a foreign site could point its own name at 127.0.0.1
    /// (DNS rebinding) and read what is open to anybody on this machine.
    /// </summary>
    public static void UseLoopbackHostsOnly(this IApplicationBuilder app) => app.Use((context, next) =>
    {
        if (IsLoopbackHost(context.Request.Host.Host))
        {
            return next(context);
        }

        context.Response.StatusCode = StatusCodes.Status421MisdirectedRequest;
        return Task.CompletedTask;
    });

    private static bool IsLoopbackHost(string host)
        => string.Equals(host, "localhost", StringComparison.OrdinalIgnoreCase)
        || host.EndsWith(".localhost", StringComparison.OrdinalIgnoreCase) // RFC 6761 §6.3
        || (IPAddress.TryParse(host, out var address) && IPAddress.IsLoopback(address));

    private static void Listen(KestrelServerOptions kestrel, Uri url)
    {
        if (IPAddress.TryParse(url.Host.Trim('[', ']'), out var address))
        {
            kestrel.Listen(address, url.Port, One);
        }
        else if (url.Port == 0)
        {
            // Kestrel cannot find one free port on both 127.0.0.1 and ::1.
            kestrel.Listen(IPAddress.Loopback, 0, One);
        }
        else if (Socket.OSSupportsIPv6)
        {
            kestrel.ListenLocalhost(url.Port, One);
        }
        else
        {
            kestrel.Listen(IPAddress.Loopback, url.Port, One);
        }

        static void One(ListenOptions listen) => listen.Protocols = HttpProtocols.Http1;
    }

    /// <summary>AppHost decides when to stop; the default lifetime would take Ctrl-C and SIGTERM for itself.</summary>
    private sealed class NoLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
