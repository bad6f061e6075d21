using System.Text.Encodings.Web;
using System.Text.Json.Serialization;
using Microsoft.Extensions.Options;
using Pairing.Contracts.V1;
using Pairing.Data;
using Pairing.Domain;
using Pairing.Features;
using Pairing.Http;
using Pairing.Messages;
using ServiceDefaults.Http;
using ServiceDefaults.Jose;
using ServiceDefaults.Messaging;

namespace Pairing;

/// <summary>Everything that this service is made of, and every path that it answers.</summary>
public static class PairingExtensions
{
    /// <summary>Registers the service.</summary>
    public static void AddPairing(this WebApplicationBuilder builder)
    {
        var services = builder.Services;

        // Settings.
        services.AddOptions<PairingOptions>().BindConfiguration(PairingOptions.SectionName).ValidateOnStart();
        services.AddSingleton<IValidateOptions<PairingOptions>, PairingOptionsValidator>();
        services.AddSingleton(provider => provider.GetRequiredService<IOptions<PairingOptions>>().Value);
        services.AddSingleton(TimeProvider.System);

        // Servers.
        builder.AddDatabase<PairingOptions>("pairing-db");
        builder.AddRedisClient("redis");
        builder.AddMessageBus("pairing", bus => bus
            .Publishes<PairingCreated>(hasConsumer: true)
            .Publishes<PairingInitialized>(hasConsumer: true)
            .Publishes<PairingDenied>(hasConsumer: true)
            .Publishes<PairingExpired>(hasConsumer: true)
            .Publishes<PublicKeyReused>()
            .Publishes<DevicePaired>(hasConsumer: true)
            .Publishes<DeviceUnpaired>(hasConsumer: true)
            .Consumes<DeviceRevokedConsumer, DeviceRevokedConsumerDefinition>()
            .ObservedByEveryInstance<PairingStatusObserver>());

        // Keys and tokens.
        services.AddSingleton(CreateKeyRing);
        services.AddSingleton(CreateDataSealer);
        services.AddSingleton(CreateTokenIssuer);
        services.AddSingleton(CreateTokenVerifier);
        services.AddHttpClient(RealmKeySet.HttpClientName).ConfigurePrimaryHttpMessageHandler(
            () => new SocketsHttpHandler { AllowAutoRedirect = false, ConnectTimeout = TimeSpan.FromSeconds(2) });

        // Stores.
        services.AddSingleton<RedisKeys>();
        services.AddSingleton<PairingStore>();
        services.AddSingleton<PairingDatabase>();
        services.AddSingleton<PairingStatusReader>();
        services.AddSingleton<TenantDirectory>();
        services.AddSingleton<DeviceDirectory>();
        services.AddSingleton<RateLimiter>();
        services.AddSingleton<ExpirySweeper>();
        services.AddHostedService(provider => provider.GetRequiredService<ExpirySweeper>());

        // Operations.
        services.AddSingleton<PairingTokenFilter>();
        services.AddSingleton<PairingCompletion>();
        services.AddSingleton<PairingStatusHub>();
        services.AddSingleton<PairingMetrics>();
        services.AddSingleton<StoreHealth>();

        // HTTP.
        services.AddSingleton<IErrorBodyWriter, ProblemBodyWriter>();
        services.AddOptions<ForwardedHeadersOptions>().Configure<PairingOptions>(
            static (forwarded, options) => TrustedProxies.Configure(forwarded, options.TrustedProxies));
        services.AddCors(cors => cors.AddDefaultPolicy(policy => policy
            .AllowAnyOrigin().AllowAnyMethod().AllowAnyHeader()
            .WithExposedHeaders(CorrelationId.HeaderName, "Retry-After", "WWW-Authenticate", "Location")
            .SetPreflightMaxAge(TimeSpan.FromHours(1))));
        services.ConfigureHttpJsonOptions(json =>
        {
            json.SerializerOptions.DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull;
            // The answers are JSON, never part of a page: a nonce's '+' stays a '+'.
            json.SerializerOptions.Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping;
        });
        services.AddOpenApi("v1", options => ApiDescription.Api.Configure(options));
        // Bodies are capped by each operation; this is the last resort.
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Limits.MaxRequestBodySize = CompletePairing.BodyLimit + 1024);
    }

    /// <summary>Maps the service's paths. They are the same at the gateway.</summary>
    public static void MapPairing(this WebApplication app)
    {
        app.UseCorrelationId();
        app.UseErrorBodies();
        app.UseForwardedHeaders();
        app.UseCors();
        app.UseApiConventions();
        app.UseRouting();

        var mobile = app.MapGroup("/mobile/v1/pairing").RequirePairingToken().WithTags("Phone");
        InitializePairing.Map(mobile);
        CompletePairing.Map(mobile);

        var tenants = app.MapGroup("/tenants/v1").RequireTenant().WithTags("Tenant");
        CreatePairing.Map(tenants);
        GetPairingStatus.Map(tenants);
        StreamPairingStatus.Map(tenants);
        ListUserDevices.Map(tenants);
        UnlinkUserDevice.Map(tenants);

        var admin = app.MapGroup("/admin/v1").RequireAdministrator().WithTags("Administrator");
        CreateTenant.Map(admin);

        GetKeySet.Map(app);
        GetHealth.Map(app);
        app.MapOpenApi("/openapi/{documentName}.json");
    }

    private static KeyRing CreateKeyRing(IServiceProvider services)
    {
        var options = services.GetRequiredService<PairingOptions>();
        return new KeyRing(
            options.KeySeed!,
            string.IsNullOrEmpty(options.PreviousKeySeed) ? null : options.PreviousKeySeed,
            options.KeysRotatedAt,
            services.GetRequiredService<TimeProvider>());
    }

    private static DataSealer CreateDataSealer(IServiceProvider services)
    {
        var options = services.GetRequiredService<PairingOptions>();
        return new DataSealer(options.DataKey!, string.IsNullOrEmpty(options.PreviousDataKey) ? null : options.PreviousDataKey);
    }

    private static PairingTokenIssuer CreateTokenIssuer(IServiceProvider services)
    {
        var options = services.GetRequiredService<PairingOptions>();
        return new PairingTokenIssuer(services.GetRequiredService<KeyRing>(), options.Issuer, options.Audience);
    }

    private static PairingTokenVerifier CreateTokenVerifier(IServiceProvider services)
    {
        var options = services.GetRequiredService<PairingOptions>();
        var clock = services.GetRequiredService<TimeProvider>();
        var local = new TrustedIssuer(
            options.Issuer, options.Audience, [SignatureAlgorithm.ES256], TenantId: null, new LocalVerificationKeys(services.GetRequiredService<KeyRing>()));
        return new PairingTokenVerifier([local, .. options.Realms.Select(CreateRealm)], clock);

        TrustedIssuer CreateRealm(RealmOptions realm) => new(
            realm.Issuer,
            realm.Audience,
            realm.Algorithms.Count > 0 ? [.. realm.Algorithms] : [SignatureAlgorithm.RS256, SignatureAlgorithm.ES256],
            Guid.Parse(realm.TenantId),
            new RealmKeySet(
                services.GetRequiredService<IHttpClientFactory>().CreateClient(RealmKeySet.HttpClientName),
                new Uri(realm.JwksUri),
                clock,
                services.GetRequiredService<ILogger<RealmKeySet>>()));
    }
}
