using IdentitySimulator;
using TestSupport;

namespace IdentityAuth.Tests.Infrastructure;

/// <summary>A service with single sign-on at a provider of its own; local sign-in stays possible unless a test asks otherwise.</summary>
public sealed class SsoApp : IAsyncLifetime
{
    private readonly Dictionary<string, string?> _settings = new(StringComparer.Ordinal);

    public SsoApp()
    {
    }

    private SsoApp(OidcProvider.Misbehaviour? behaviour, FakeClock? clock, (string Name, string Value)[] settings)
    {
        Clock = clock;
        foreach (var (name, value) in settings)
        {
            _settings[$"IdentityAuth:Sso:{name}"] = value;
        }

        Behaviour = behaviour ?? Behaviour;
    }

    public OidcProvider Provider { get; private set; } = null!;

    public IdentityApp App { get; private set; } = null!;

    public TestClient Client { get; private set; } = null!;

    private OidcProvider.Misbehaviour Behaviour { get; } = new();

    /// <summary>The service's; the provider's is the system's.</summary>
    private FakeClock? Clock { get; }

    /// <param name="settings">Of section <c>IdentityAuth:Sso</c>.</param>
    public static Task<SsoApp> StartAsync(OidcProvider.Misbehaviour? behaviour = null, params (string Name, string Value)[] settings)
        => StartAsync(behaviour, null, settings);

    /// <inheritdoc cref="StartAsync(OidcProvider.Misbehaviour?, ValueTuple{string, string}[])"/>
    public static async Task<SsoApp> StartAsync(OidcProvider.Misbehaviour? behaviour, FakeClock? clock, params (string Name, string Value)[] settings)
    {
        var app = new SsoApp(behaviour, clock, settings);
        await app.InitializeAsync();
        return app;
    }

    public async ValueTask InitializeAsync()
    {
        Provider = await OidcProvider.StartAsync();
        Provider.Behaviour = Behaviour;
        _settings.TryAdd("IdentityAuth:Sso:Enabled", "true");
        _settings.TryAdd("IdentityAuth:Sso:Enforced", "false");
        _settings.TryAdd("IdentityAuth:Sso:DisplayName", "Example Inc.");
        _settings.TryAdd("IdentityAuth:Sso:Issuer", Provider.Issuer);
        _settings.TryAdd("IdentityAuth:Sso:ClientId", OidcProvider.ClientId);
        _settings.TryAdd("IdentityAuth:Sso:ClientSecret", OidcProvider.ClientSecret);
        _settings.TryAdd("IdentityAuth:Sso:AllowLocalAddresses", "true");
        App = await IdentityApp.StartAsync(_settings, Clock);
        Client = App.CreateClient();
    }

    /// <summary>Signs in at the provider.</summary>
    /// <returns>What the browser comes back with.</returns>
    public async Task<(string Code, string State)> AtProviderAsync(OidcProvider.Person person, string? redirectTo = null)
    {
        using var started = await Client.PostAsync("/v1/auth/sso/start", redirectTo is null ? null : new { redirect_to = redirectTo });
        return await OidcProvider.SignInAsync((await started.JsonAsync(200)).Text("authorization_url"), person);
    }

    public async Task<HttpResponseMessage> SignInAsync(OidcProvider.Person person, string? redirectTo = null)
    {
        var (code, state) = await AtProviderAsync(person, redirectTo);
        return await CompleteAsync(code, state);
    }

    public Task<HttpResponseMessage> CompleteAsync(string code, string state) => Client.PostAsync("/v1/auth/sso/complete", new { code, state });

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await App.DisposeAsync();
        await Provider.DisposeAsync();
    }
}
