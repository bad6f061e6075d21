using System.Net;
using Gateway.Routing;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Mvc.Testing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Gateway.Tests.Support;

/// <summary>The gateway itself, started by its own Program on a free port of loopback.</summary>
internal sealed class GatewayHost : IAsyncDisposable
{
    private readonly Factory _factory;

    private GatewayHost(Factory factory, Uri address)
    {
        _factory = factory;
        Address = address;
        Client = NewClient();
    }

    public const string BaseUrl = "https://platform.example";

    public Uri Address { get; }

    public HttpClient Client { get; }

    public IServiceProvider Services => _factory.Services;

    /// <summary>Starts a gateway with every limit per address switched off, unless <paramref name="settings"/> say otherwise.</summary>
    public static GatewayHost Start(IReadOnlyDictionary<string, string?>? settings = null, TimeProvider? clock = null)
    {
        var all = new Dictionary<string, string?>(StringComparer.OrdinalIgnoreCase)
        {
            ["Platform:BaseUrl"] = BaseUrl,
            ["Gateway:RequestsPerSecond"] = "0",
            ["Gateway:ScopeSigningWritesPerMinute"] = "0",
            ["Gateway:ScopeSigningReadsPerMinute"] = "0",
            ["Gateway:HealthInterval"] = "00:00:00.1",
        };
        foreach (var (key, value) in settings ?? new Dictionary<string, string?>())
        {
            all[key] = value;
        }

        var factory = new Factory(all, clock);
        factory.UseKestrel(0);
        factory.StartServer();
        var address = factory.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();
        return new GatewayHost(factory, new UriBuilder(address) { Host = "127.0.0.1" }.Uri);
    }

    /// <summary>Starts a gateway in front of one stub for all four services.</summary>
    public static GatewayHost StartInFrontOf(StubService stub, IReadOnlyDictionary<string, string?>? settings = null, TimeProvider? clock = null)
    {
        var all = new Dictionary<string, string?>(settings ?? new Dictionary<string, string?>());
        foreach (var service in ServiceNames.All)
        {
            all[$"services:{service}:http:0"] = stub.Address.ToString();
        }

        return Start(all, clock);
    }

    public static HttpClient NewClient(Uri address, IPAddress? from = null)
    {
        var handler = new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false, UseCookies = false };
        if (from is not null)
        {
            handler.ConnectCallback = async (context, cancellationToken) =>
            {
                var socket = new System.Net.Sockets.Socket(System.Net.Sockets.SocketType.Stream, System.Net.Sockets.ProtocolType.Tcp);
                socket.Bind(new IPEndPoint(from, 0));
                await socket.ConnectAsync(context.DnsEndPoint, cancellationToken);
                return new System.Net.Sockets.NetworkStream(socket, ownsSocket: true);
            };
        }

        return new HttpClient(handler) { BaseAddress = address, Timeout = TimeSpan.FromSeconds(60) };
    }

    public HttpClient NewClient(IPAddress? from = null) => NewClient(Address, from);

    /// <summary>Changes the configuration of the running gateway.</summary>
    public void Change(string key, string? value) => _factory.Settings.Change(key, value);

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await _factory.DisposeAsync();
    }

    private sealed class Factory(Dictionary<string, string?> settings, TimeProvider? clock) : WebApplicationFactory<Program>
    {
        public LiveSettings Settings { get; } = new(settings);

        protected override void ConfigureWebHost(IWebHostBuilder builder)
        {
            builder.UseEnvironment("Production");
            // What decides about the parts of the gateway has to be there before the rest of the configuration is read.
            foreach (var (key, value) in settings.Where(setting => setting.Key.StartsWith("ConnectionStrings:", StringComparison.OrdinalIgnoreCase)))
            {
                builder.UseSetting(key, value);
            }

            builder.ConfigureAppConfiguration(configuration => configuration.Add(Settings));
            builder.ConfigureLogging(logging => logging.ClearProviders());
            if (clock is not null)
            {
                builder.ConfigureServices(services => services.AddSingleton(clock));
            }
        }
    }

    /// <summary>Configuration that a test can change while the gateway runs.</summary>
    private sealed class LiveSettings(Dictionary<string, string?> settings) : ConfigurationProvider, IConfigurationSource
    {
        public IConfigurationProvider Build(IConfigurationBuilder builder) => this;

        public override void Load() => Data = settings;

        public void Change(string key, string? value)
        {
            if (value is null)
            {
                settings.Remove(key);
            }
            else
            {
                settings[key] = value;
            }

            OnReload();
        }
    }
}
