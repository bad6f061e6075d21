using System.Collections.Concurrent;
using System.Net;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Gateway.Tests.Support;

/// <summary>A service behind the gateway: a real server on loopback that records what arrives and answers as the test says.</summary>
internal sealed class StubService : IAsyncDisposable
{
    private readonly WebApplication _app;

    private StubService(WebApplication app) => _app = app;

    public ConcurrentQueue<RecordedRequest> Requests { get; } = new();

    /// <summary>What <c>/health</c> says; probes are not recorded.</summary>
    public bool IsHealthy { get; set; } = true;

    /// <summary>Whether it stands still: connections are accepted, and nothing is answered, not even a probe.</summary>
    public Task StandsStill { get; set; } = Task.CompletedTask;

    /// <summary>Answers everything else. By default: reads the body, then 200 and a short JSON text.</summary>
    public RequestDelegate Handler { get; set; } = context => context.Response.WriteAsync("""{"from":"service"}""");

    /// <summary>Whether the body is read and recorded before the handler runs.</summary>
    public bool ReadsBody { get; set; } = true;

    public Uri Address { get; private set; } = null!;

    public int Port => Address.Port;

    public static async Task<StubService> StartAsync(int port = 0, Action<WebApplicationBuilder>? configure = null)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(server =>
        {
            server.Listen(IPAddress.Loopback, port);
            server.RequestHeaderEncodingSelector = _ => Encoding.Latin1;
            server.ResponseHeaderEncodingSelector = _ => Encoding.Latin1;
        });
        configure?.Invoke(builder);
        var app = builder.Build();
        var stub = new StubService(app);
        app.Run(stub.AnswerAsync);
        await app.StartAsync();
        stub.Address = new Uri(app.Services.GetRequiredService<IServer>().Features.GetRequiredFeature<IServerAddressesFeature>().Addresses.Single());
        return stub;
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    /// <summary>Ends the server now: open connections are closed, new ones are refused.</summary>
    public async Task StopAsync()
    {
        using var now = new CancellationTokenSource();
        await now.CancelAsync();
        await _app.StopAsync(now.Token);
        await _app.DisposeAsync();
    }

    private async Task AnswerAsync(HttpContext context)
    {
        await StandsStill;
        if (context.Request.Path == "/health")
        {
            context.Response.StatusCode = IsHealthy ? 200 : 503;
            return;
        }

        using var body = new MemoryStream();
        if (ReadsBody)
        {
            await context.Request.Body.CopyToAsync(body);
        }

        Requests.Enqueue(new RecordedRequest(
            context.Request.Method,
            context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget,
            context.Request.Headers.ToDictionary(header => header.Key, header => header.Value.ToString(), StringComparer.OrdinalIgnoreCase),
            body.ToArray()));
        await Handler(context);
    }
}

internal sealed record RecordedRequest(string Method, string Target, IReadOnlyDictionary<string, string> Headers, byte[] Body);
