using System.Net;
using System.Reflection;
using System.Security.Cryptography;
using Microsoft.Playwright;
using TestBrowser;
using TestSupport;

[assembly: AssemblyFixture(typeof(Pages.Tests.Infrastructure.PagesFixture))]

namespace Pages.Tests.Infrastructure;

/// <summary>One Chromium and the stack that the test run shares.</summary>
public sealed class PagesFixture : IAsyncLifetime
{
    private readonly Lazy<Task<Visitor>> _laboratory;
    private HeadlessChromium? _chromium;
    private BackingServers? _servers;

    public PagesFixture() => _laboratory = new(OpenLaboratoryAsync);

    public StackAddress Stack => _servers!.Stack;

    /// <summary>What people call the platform: with the name, because passkeys belong to names.</summary>
    public Uri BaseUrl => new UriBuilder(Stack.Gateway) { Host = "localhost" }.Uri;

    internal Inbox Inbox { get; private set; } = null!;

    public static string FolderOf(string name)
        => typeof(PagesFixture).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(attribute => attribute.Key == name).Value!;

    public async ValueTask InitializeAsync()
    {
        _servers = await BackingServers.GetAsync();
        _chromium = await HeadlessChromium.LaunchAsync();
        Inbox = new Inbox(Stack.Inbox);
    }

    /// <summary>An address of loopback that nobody else uses.</summary>
    public static IPAddress NewAddress()
        => new([127, (byte)RandomNumberGenerator.GetInt32(1, 255), (byte)RandomNumberGenerator.GetInt32(0, 256), (byte)RandomNumberGenerator.GetInt32(1, 255)]);

    /// <summary>A fresh browser profile in a network of its own, or at a given address.</summary>
    internal async Task<Visitor> OpenAsync(IPAddress? from = null, int width = 1280, int height = 900, ColorScheme colours = ColorScheme.Light)
    {
        var relay = new Socks5Relay(from ?? NewAddress());
        var context = await _chromium!.Browser.NewContextAsync(new BrowserNewContextOptions
        {
            BaseURL = BaseUrl.AbsoluteUri,
            Proxy = new Proxy { Server = relay.Url },
            ViewportSize = new ViewportSize { Width = width, Height = height },
            ColorScheme = colours,
            TimezoneId = "UTC",
            Locale = "en-US",
            ReducedMotion = ReducedMotion.Reduce,
            Permissions = ["clipboard-read", "clipboard-write"],
        });
        context.SetDefaultTimeout(30_000);
        return new Visitor(this, relay, context, await context.NewPageAsync());
    }

    /// <summary>One browser for all tests of modules, which leave nothing behind in it.</summary>
    internal Task<Visitor> LaboratoryAsync() => _laboratory.Value;

    private async Task<Visitor> OpenLaboratoryAsync()
    {
        var visitor = await OpenAsync();
        await visitor.GoAsync("/forgot");
        return visitor;
    }

    public async ValueTask DisposeAsync()
    {
        if (_laboratory.IsValueCreated)
        {
            await (await _laboratory.Value).DisposeAsync();
        }

        Inbox?.Dispose();
        if (_chromium is not null)
        {
            await _chromium.DisposeAsync();
        }
    }
}
