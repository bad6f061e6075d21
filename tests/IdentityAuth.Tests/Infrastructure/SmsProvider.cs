using System.Collections.Concurrent;
using System.Net;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace IdentityAuth.Tests.Infrastructure;

/// <summary>Takes text messages and keeps them.</summary>
public sealed class SmsProvider : IAsyncDisposable
{
    private readonly WebApplication _app;

    private SmsProvider(WebApplication app) => _app = app;

    public string Url { get; private set; } = "";

    /// <summary>What is answered; 201 at first.</summary>
    public int Status { get; set; } = 201;

    public ConcurrentQueue<JsonElement> Messages { get; } = new();

    public static async Task<SmsProvider> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(server => server.Listen(IPAddress.Loopback, 0));
        var app = builder.Build();
        var provider = new SmsProvider(app);
        app.MapPost("/sms", async (HttpRequest request) =>
        {
            using var body = await JsonDocument.ParseAsync(request.Body);
            if (provider.Status < 300)
            {
                provider.Messages.Enqueue(body.RootElement.Clone());
            }

            return Results.StatusCode(provider.Status);
        });
        await app.StartAsync();
        provider.Url = $"{app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single()}/sms";
        return provider;
    }

    /// <summary>The code in the last message to a number; waits for message number <paramref name="count"/>.</summary>
    public async Task<string> CodeAsync(string phone, int count = 1)
    {
        await Eventually.IsTrueAsync(() => Task.FromResult(MessagesTo(phone).Count >= count), $"no text message number {count} came");
        return MessagesTo(phone)[^1].GetProperty("code").GetString()!;
    }

    public IReadOnlyList<JsonElement> MessagesTo(string phone) => [.. Messages.Where(message => message.GetProperty("to").GetString() == phone)];

    public ValueTask DisposeAsync() => _app.DisposeAsync();
}
