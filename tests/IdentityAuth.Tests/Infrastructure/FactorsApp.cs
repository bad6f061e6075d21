using Dapper;
using IdentityAuth.Delivery;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using TestSupport;

namespace IdentityAuth.Tests.Infrastructure;

/// <summary>A service of a test class's own, for second factors: with a clock that the tests move and a provider of text messages.</summary>
public sealed class FactorsApp : IAsyncLifetime
{
    public const string BaseUrl = "https://platform.example";
    public const string Origin = BaseUrl;
    public const string RpId = "platform.example";

    private readonly FactorsApp? _sameServersAs;
    private readonly Action<IServiceCollection>? _configure;
    private readonly Dictionary<string, string?> _settings = new(StringComparer.Ordinal) { ["Platform:BaseUrl"] = BaseUrl };

    public FactorsApp()
    {
    }

    private FactorsApp(IReadOnlyDictionary<string, string?> settings, FactorsApp? sameServersAs, Action<IServiceCollection>? configure)
    {
        foreach (var (key, value) in settings)
        {
            _settings[key] = value;
        }

        _sameServersAs = sameServersAs;
        _configure = configure;
    }

    public IdentityApp App { get; private set; } = null!;

    public FakeClock Clock => App.FakeClock;

    public SmsProvider Sms { get; private set; } = null!;

    /// <summary>A device that everybody in these tests shares.</summary>
    public TestClient Client { get; private set; } = null!;

    /// <summary>With settings of its own; a further instance when given another one's servers and clock.</summary>
    public static async Task<FactorsApp> StartAsync(
        IReadOnlyDictionary<string, string?> settings, FactorsApp? sameServersAs = null, Action<IServiceCollection>? configure = null)
    {
        var app = new FactorsApp(settings, sameServersAs, configure);
        await app.InitializeAsync();
        return app;
    }

    public async ValueTask InitializeAsync()
    {
        Sms = _sameServersAs?.Sms ?? await SmsProvider.StartAsync();
        _settings.TryAdd("IdentityAuth:Sms:Url", Sms.Url);
        App = await IdentityApp.StartAsync(_settings, _sameServersAs?.Clock ?? new FakeClock(), _configure, _sameServersAs?.App);
        Client = App.CreateClient(_sameServersAs?.Client.Address);
    }

    public T Get<T>()
        where T : notnull
        => App.Get<T>();

    public Task<long> CountAsync(string sql, object? parameters = null) => App.CountAsync(sql, parameters);

    public async Task ExecuteAsync(string sql, object? parameters = null)
    {
        await using var connection = new NpgsqlConnection(App.Database);
        await connection.ExecuteAsync(sql, parameters);
    }

    /// <summary>The code in message number <paramref name="count"/> to a number that waits to be sent.</summary>
    public async Task<string> QueuedCodeAsync(string phone, int count = 1) => (await App.MessageAsync(phone, DeliveryKind.SmsCode, count)).Code!;

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await App.DisposeAsync();
        if (_sameServersAs is null)
        {
            await Sms.DisposeAsync();
        }
    }
}
