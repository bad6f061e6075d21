using System.Net.Http.Json;
using System.Text.Json;
using Inbox.Messages;
using Inbox.Smtp;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Mvc.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Inbox.Tests;

/// <summary>The inbox as its Program starts it, on free ports of loopback, with a clock of the test's own.</summary>
public sealed class InboxHost : WebApplicationFactory<Program>
{
    private readonly (string Key, string Value)[] settings;

    /// <param name="settings">Settings of the section Inbox.</param>
    public InboxHost(params (string Key, string Value)[] settings)
    {
        this.settings = settings;
        UseKestrel(0);
        StartServer();
        Http = CreateClient();
    }

    public ManualTimeProvider Clock { get; } = new();

    public HttpClient Http { get; }

    public int SmtpPort => Services.GetRequiredService<SmtpServer>().Port;

    public MessageStore Store => Services.GetRequiredService<MessageStore>();

    public async Task<JsonElement> GetAsync(string path)
        => await Http.GetFromJsonAsync<JsonElement>(new Uri(path, UriKind.Relative), TestContext.Current.CancellationToken);

    public Task<SmtpClientConnection> ConnectAsync() => SmtpClientConnection.OpenAsync(SmtpPort);

    protected override void ConfigureWebHost(IWebHostBuilder builder)
    {
        builder.UseSetting("Inbox:SmtpPort", "0");
        foreach (var (key, value) in settings)
        {
            builder.UseSetting("Inbox:" + key, value);
        }

        builder.ConfigureServices(services => services.Replace(ServiceDescriptor.Singleton<TimeProvider>(Clock)));
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            Http.Dispose();
        }

        base.Dispose(disposing);
    }
}
