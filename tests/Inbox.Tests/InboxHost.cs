using System.Net.Http.Json;
using System.Text.Json;
using Inbox.Messages;
using Inbox.Smtp;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Inbox.Tests;

/// <summary>The inbox on free ports of loopback, put together as its Program does it, with a clock of the test's own.</summary>
public sealed class InboxHost : IAsyncLifetime
{
    private readonly WebApplication app;

    /// <param name="settings">Settings of the section Inbox.</param>
    public InboxHost(params (string Key, string Value)[] settings)
    {
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { EnvironmentName = Environments.Development });
        builder.Configuration.AddInMemoryCollection(
        [
            new("urls", "http://127.0.0.1:0"),
            new("Inbox:SmtpPort", "0"),
            .. settings.Select(setting => KeyValuePair.Create("Inbox:" + setting.Key, (string?)setting.Value)),
        ]);
        builder.Logging.ClearProviders();
        builder.AddServiceDefaults();
        builder.AddInbox();
        builder.Services.Replace(ServiceDescriptor.Singleton<TimeProvider>(Clock));
        app = builder.Build();
        app.MapDefaultEndpoints();
        app.MapInbox();
    }

    public ManualTimeProvider Clock { get; } = new();

    public HttpClient Http { get; } = new();

    public IServiceProvider Services => app.Services;

    public int SmtpPort => Services.GetRequiredService<SmtpServer>().Port;

    public MessageStore Store => Services.GetRequiredService<MessageStore>();

    public async ValueTask InitializeAsync()
    {
        await app.StartAsync(TestContext.Current.CancellationToken);
        Http.BaseAddress = new(Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single());
    }

    public async Task<JsonElement> GetAsync(string path)
        => await Http.GetFromJsonAsync<JsonElement>(new Uri(path, UriKind.Relative), TestContext.Current.CancellationToken);

    public Task<SmtpClientConnection> ConnectAsync() => SmtpClientConnection.OpenAsync(SmtpPort);

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await app.DisposeAsync();
    }
}
