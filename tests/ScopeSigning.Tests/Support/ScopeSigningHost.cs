using System.Diagnostics;
using System.Net;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Mvc.Testing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using ScopeSigning.Tests.Support;
using TestSupport;

[assembly: AssemblyFixture(typeof(ScopeSigningHost))]

namespace ScopeSigning.Tests.Support;

/// <summary>
/// The service on a real server with real stores, shared by the tests of this assembly. Every test brings keys, addresses and
/// numbers of its own, and asks from an address of its own.
/// </summary>
public sealed class ScopeSigningHost : IAsyncLifetime
{
    public const string BaseUrl = "https://id.example";
    public const string Issuer = "https://id.example/scope-signing";

    internal Sinks Sinks { get; } = new();

    internal LogCapture Logs { get; } = new();

    internal AuthorityKey Authority { get; } = new("https://register.example", "authority-1");

    internal AuthorityKey TestAuthority { get; } = new("https://register.example/test", "authority-test");

    internal AuthorityKey SecondAuthority { get; } = new("https://second.example", "authority-2");

    public string Database { get; private set; } = "";

    public WebApplicationFactory<ScopeSigningOptions> Factory { get; private set; } = null!;

    public Uri Address { get; private set; } = null!;

    public HttpClient Client { get; private set; } = null!;

    public IServiceProvider Services => Factory.Services;

    public async ValueTask InitializeAsync()
    {
        await Sinks.StartAsync();
        var servers = await BackingServers.GetAsync();
        Database = await servers.CreateDatabaseAsync("scope-signing-db");
        Factory = await StartInstanceAsync();
        Client = ClientOf(Factory);
        Address = Client.BaseAddress!;
    }

    /// <summary>One more instance on the same stores, or one with other settings.</summary>
    internal async Task<WebApplicationFactory<ScopeSigningOptions>> StartInstanceAsync(params (string Key, string? Value)[] settings)
    {
        var values = await SettingsAsync();
        foreach (var (key, value) in settings)
        {
            values[key] = value;
        }

        var factory = new WebApplicationFactory<ScopeSigningOptions>().WithWebHostBuilder(builder =>
        {
            builder.UseEnvironment(values.GetValueOrDefault("environment") ?? "Testing");
            foreach (var (key, value) in values)
            {
                builder.UseSetting(key, value);
            }

            builder.ConfigureServices(services =>
            {
                var clock = new TestClock();
                services.Replace(ServiceDescriptor.Singleton<TimeProvider>(clock));
                services.AddSingleton<IStartupFilter>(clock);
                services.AddSingleton<ILoggerProvider>(Logs);
            });
        });
        factory.UseKestrel(options => options.Listen(IPAddress.Loopback, 0));
        factory.StartServer();
        return factory;
    }

    /// <summary>One more instance, as a process that can be killed.</summary>
    internal async Task<Process> StartProcessAsync()
    {
        var start = new ProcessStartInfo("dotnet", [typeof(ScopeSigningOptions).Assembly.Location]) { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var (key, value) in await SettingsAsync())
        {
            start.Environment[key.Replace(":", "__", StringComparison.Ordinal)] = value;
        }

        start.Environment["ASPNETCORE_URLS"] = "http://127.0.0.1:0";
        start.Environment["DOTNET_ENVIRONMENT"] = "Testing";
        var process = Process.Start(start)!;
        while (await process.StandardOutput.ReadLineAsync() is { } line)
        {
            if (line.Contains("Application started", StringComparison.Ordinal))
            {
                _ = process.StandardOutput.ReadToEndAsync();
                _ = process.StandardError.ReadToEndAsync();
                return process;
            }
        }

        throw new InvalidOperationException($"The instance did not start: {await process.StandardError.ReadToEndAsync()}");
    }

    /// <summary>Builds an instance with other settings and checks them, as the start does first of all.</summary>
    internal async Task CheckSettingsAsync(params (string Key, string? Value)[] settings)
    {
        var values = await SettingsAsync();
        foreach (var (key, value) in settings)
        {
            values[key] = value;
        }

        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { EnvironmentName = values.GetValueOrDefault("environment") ?? "Testing" });
        builder.Configuration.AddInMemoryCollection(values);
        builder.AddServiceDefaults();
        builder.AddScopeSigning();
        await using var app = builder.Build();
        app.Services.GetRequiredService<IStartupValidator>().Validate();
    }

    private async Task<Dictionary<string, string?>> SettingsAsync()
    {
        var servers = await BackingServers.GetAsync();
        var values = new Dictionary<string, string?>(StringComparer.Ordinal)
        {
            ["ConnectionStrings:scope-signing-db"] = Database,
            ["ConnectionStrings:redis"] = servers.Redis,
            ["ConnectionStrings:rabbitmq"] = servers.RabbitMQ,
            ["Platform:BaseUrl"] = BaseUrl,
            ["ScopeSigning:Pepper"] = new string('p', 43),
            ["ScopeSigning:Issuer:KeyEncryptionKey"] = new string('k', 43),
            ["ScopeSigning:Test:Enabled"] = "true",
            ["ScopeSigning:Delivery:Smtp:Host"] = "127.0.0.1",
            ["ScopeSigning:Delivery:Smtp:Port"] = Sinks.SmtpPort.ToString(System.Globalization.CultureInfo.InvariantCulture),
            ["ScopeSigning:Delivery:Smtp:From"] = "no-reply@id.example",
            ["ScopeSigning:Delivery:PhoneUrl"] = $"{Sinks.Url}/sms",
            ["ScopeSigning:Delivery:LetterUrl"] = $"{Sinks.Url}/letter",
            ["ScopeSigning:Delivery:PushUrl"] = $"{Sinks.Url}/push",
            ["ScopeSigning:Delivery:TestSinkUrl"] = $"{Sinks.Url}/test",
            ["ScopeSigning:Delivery:RetryPauses"] = "0.05,0.05,0.05,0.05",
        };
        foreach (var (index, authority) in new[] { Authority, TestAuthority, SecondAuthority }.Index())
        {
            var prefix = $"ScopeSigning:Authorities:{index}";
            values[$"{prefix}:Id"] = authority.KeyId;
            values[$"{prefix}:Issuer"] = authority.Issuer;
            values[$"{prefix}:Scopes"] = "address,email";
            values[$"{prefix}:Jwks"] = authority.Jwks;
            values[$"{prefix}:Test"] = authority == TestAuthority ? "true" : "false";
        }

        return values;
    }

    internal static HttpClient ClientOf(WebApplicationFactory<ScopeSigningOptions> factory)
    {
        var address = factory.Services.GetRequiredService<IServer>().Features.GetRequiredFeature<IServerAddressesFeature>().Addresses.Single();
        return new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false })
        {
            BaseAddress = new Uri(address),
            Timeout = TimeSpan.FromMinutes(2),
        };
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await Factory.DisposeAsync();
        await Sinks.DisposeAsync();
    }
}

/// <summary>An authority's key pair and the tokens that it signs.</summary>
internal sealed class AuthorityKey(string issuer, string keyId)
{
    private readonly Identity key = new();

    public string Issuer => issuer;

    public string KeyId => keyId;

    public string Jwks => $$"""{"keys":[{"kty":"OKP","crv":"Ed25519","x":"{{key.Sub}}","kid":"{{keyId}}"}]}""";

    /// <summary>A scope token about somebody; <paramref name="claims"/> adds and replaces.</summary>
    public string Token(string sub, object claims, string type = "scope+jwt", string? kid = null)
    {
        var seconds = DateTimeOffset.UtcNow.ToUnixTimeSeconds();
        var all = JsonSerializer.SerializeToElement(claims).EnumerateObject().ToDictionary(member => member.Name, member => (object?)member.Value);
        all.TryAdd("iss", issuer);
        all.TryAdd("sub", sub);
        all.TryAdd("iat", seconds);
        all.TryAdd("exp", seconds + 86_400);
        all.TryAdd("jti", Guid.NewGuid().ToString("N"));
        var payload = all.Where(member => member.Value is not JsonElement { ValueKind: JsonValueKind.Null }).ToDictionary();
        return key.Sign($$"""{"alg":"EdDSA","typ":"{{type}}","kid":"{{kid ?? keyId}}"}""", JsonSerializer.Serialize(payload));
    }
}
