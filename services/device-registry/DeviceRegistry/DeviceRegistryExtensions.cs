using System.Text.Encodings.Web;
using System.Text.Json.Serialization;
using DeviceRegistry.Contracts.V1;
using DeviceRegistry.Data;
using DeviceRegistry.Domain;
using DeviceRegistry.Domain.Tokens;
using DeviceRegistry.Features.Devices;
using DeviceRegistry.Features.Groups;
using DeviceRegistry.Features.Health;
using DeviceRegistry.Features.KeyRequests;
using DeviceRegistry.Features.Keys;
using DeviceRegistry.Features.Members;
using DeviceRegistry.Features.Secrets;
using DeviceRegistry.Http;
using DeviceRegistry.Messages;
using DeviceRegistry.Streams;
using Microsoft.Extensions.Options;
using ServiceDefaults.Http;
using ServiceDefaults.Jose;
using ServiceDefaults.Messaging;

namespace DeviceRegistry;

/// <summary>Everything that this service is made of, and every path that it answers.</summary>
public static class DeviceRegistryExtensions
{
    private const string IdentityAudience = "platform";

    /// <summary>Registers the service.</summary>
    public static void AddDeviceRegistry(this WebApplicationBuilder builder)
    {
        var services = builder.Services;

        // Settings.
        services.AddOptions<DeviceRegistryOptions>().BindConfiguration(DeviceRegistryOptions.SectionName).ValidateOnStart();
        services.AddSingleton<IValidateOptions<DeviceRegistryOptions>, DeviceRegistryOptionsValidator>();
        services.AddSingleton(provider => provider.GetRequiredService<IOptions<DeviceRegistryOptions>>().Value);
        services.AddSingleton(TimeProvider.System);

        // Servers.
        builder.AddDatabase<DeviceRegistryOptions>("device-registry-db");
        builder.AddRedisClient("redis");
        builder.AddMessageBus("device-registry", bus => bus
            .Publishes<GroupChanged>(hasConsumer: true)
            .Publishes<DeviceRegistered>()
            .Publishes<DeviceActivated>()
            .Publishes<DevicePublicKeyChanged>()
            .Publishes<DeviceRevoked>(hasConsumer: true)
            .Publishes<DeviceRemoved>()
            .Publishes<DeviceExpired>()
            .Publishes<KeyRequestCreated>()
            .Publishes<KeyRequestGranted>()
            .Publishes<KeyRequestRejected>()
            .Publishes<KeyRequestExpired>()
            .Publishes<GroupKeyInitialized>()
            .Publishes<GroupKeyRotated>()
            .Publishes<GroupKeyReset>()
            .Consumes<GroupChangedConsumer, GroupChangedConsumerDefinition>()
            .Consumes<DevicePairedConsumer, DevicePairedConsumerDefinition>()
            .Consumes<DeviceUnpairedConsumer, DeviceUnpairedConsumerDefinition>()
            .Consumes<UserDeletedConsumer, UserDeletedConsumerDefinition>()
            .Consumes<SessionsRevokedConsumer, SessionsRevokedConsumerDefinition>()
            .ObservedByEveryInstance<SessionsRevokedObserver>());

        // Callers.
        services.AddSingleton(CreateTokenVerifier);
        services.AddSingleton<RevokedSessions>();
        services.AddSingleton<CallerAuthentication>();
        services.AddHttpClient(IssuerKeySet.HttpClientName).ConfigurePrimaryHttpMessageHandler(
            () => new SocketsHttpHandler { AllowAutoRedirect = false, ConnectTimeout = TimeSpan.FromSeconds(2) });

        // Stores.
        services.AddSingleton(CreateDataSealer);
        services.AddSingleton<RedisKeys>();
        services.AddSingleton<GroupDirectory>();
        services.AddSingleton<GroupTransactions>();
        services.AddSingleton<DeviceStore>();
        services.AddSingleton<KeyRequestStore>();
        services.AddSingleton<SecretsStore>();
        services.AddSingleton<MemberStore>();
        services.AddSingleton<RegistrySweeper>();
        services.AddHostedService(provider => provider.GetRequiredService<RegistrySweeper>());
        services.AddSingleton<PairedPhones>();

        // Presence and event streams.
        services.AddStreams();

        // HTTP.
        services.AddSingleton<IErrorBodyWriter, ProblemBodyWriter>();
        services.AddCors();
        services.AddOptions<Microsoft.AspNetCore.Cors.Infrastructure.CorsOptions>().Configure<DeviceRegistryOptions, IConfiguration>(ConfigureCors);
        services.ConfigureHttpJsonOptions(json =>
        {
            json.SerializerOptions.DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull;
            // The answers are JSON, never part of a page: base64's '+' stays a '+'.
            json.SerializerOptions.Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping;
            json.SerializerOptions.Converters.Add(new Timestamps());
        });
        services.AddOpenApi("v1", options => ApiDescription.Api.Configure(options));
        // Answers that no operation makes have no product name; bodies are capped by each operation, this is the last resort.
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = StrictJsonBody.LargeLimit + 1024;
        });
    }

    /// <summary>Maps the service's paths. They are the same at the gateway.</summary>
    public static void MapDeviceRegistry(this WebApplication app)
    {
        app.UseCorrelationId();
        app.UseErrorBodies();
        app.UseCors();
        app.UseApiConventions();
        app.UseRouting();

        const string Base = "/authlance/identity/api/v1";
        var api = app.MapGroup(Base).RequireCaller();

        // A group by its number: what clients do all day.
        var realm = api.MapGroup("/realm/groups/{groupId}").RequireGroup();
        var devices = realm.MapGroup("").WithTags("Devices");
        RegisterDevice.Map(devices);
        ListDevices.Map(devices);
        CountDevices.Map(devices);
        GetDevice.Map(devices);
        ActivateDevice.Map(devices);
        GetDeviceKey.Map(devices);
        ChangePublicKey.Map(devices);
        SetPushToken.Map(devices);
        ClearPushToken.Map(devices);
        GetDevicePresence.Map(devices);
        StreamDeviceEvents.Map(devices);
        SendHeartbeat.Map(app, Base);

        var keyRequests = realm.MapGroup("").WithTags("Key requests");
        ListKeyRequests.Map(keyRequests);
        CreateKeyRequest.Map(keyRequests);
        GetKeyRequest.Map(keyRequests);
        GrantKeyRequest.Map(keyRequests);
        RejectKeyRequest.Map(keyRequests);

        var keys = realm.MapGroup("").WithTags("Group key");
        GetKeyVersion.Map(keys);
        GetKeyStatus.Map(keys);
        InitializeSecrets.Map(keys);
        GetSecrets.Map(keys);
        UpdateSecrets.Map(keys);

        var administration = api.MapGroup("/realm/admin/groups/{groupId}").RequireGroup().WithTags("Group administration");
        RotateKey.Map(administration);
        RevokeDevice.Map(administration);
        DeleteDevice.Map(administration);
        ResetSecrets.Map(administration);
        DeleteSecrets.Map(administration);

        // A group by its name: how clients find the number, and who belongs to it.
        var named = api.MapGroup("/realm/group/{name}").RequireNamedGroup().WithTags("Groups");
        GetGroup.Map(named);
        ListMembers.Map(named);
        GetMemberRoles.Map(named);

        var members = api.MapGroup("/realm/admin/group/{name}").RequireNamedGroup().WithTags("Groups");
        AddMember.Map(members);
        RemoveMember.Map(members);
        SetMemberRoles.Map(members);

        // For global administrators.
        var global = api.MapGroup("/admin").RequireGlobalAdministrator().WithTags("Administration");
        PutGroup.Map(global);
        GetGroupById.Map(global);
        CheckGroupName.Map(global);
        SetDeviceLimit.Map(global);

        var globalNamed = global.MapGroup("/group/{name}").RequireNamedGroup();
        GetGroupAsAdministrator.Map(globalNamed);
        AddMember.Map(globalNamed, "AddMemberAsGlobalAdministrator");
        RemoveMember.Map(globalNamed, "RemoveMemberAsGlobalAdministrator");

        GetLiveness.Map(app);
        GetReadiness.Map(app);
        app.MapOpenApi("/openapi/{documentName}.json");
    }

    private static void ConfigureCors(
        Microsoft.AspNetCore.Cors.Infrastructure.CorsOptions cors, DeviceRegistryOptions options, IConfiguration configuration)
    {
        // Exact origins, because clients send credentials.
        string[] origins = options.AllowedOrigins.Count > 0 ? [.. options.AllowedOrigins] : [PlatformAddress.BaseUrl(configuration)];
        cors.AddDefaultPolicy(policy => policy
            .WithOrigins(origins).AllowCredentials()
            .WithMethods("GET", "POST", "PUT", "DELETE").AllowAnyHeader()
            .WithExposedHeaders("ETag", "Location", "Retry-After", "WWW-Authenticate", CorrelationId.HeaderName)
            .SetPreflightMaxAge(TimeSpan.FromHours(1)));
    }

    private static DataSealer CreateDataSealer(IServiceProvider services)
    {
        var options = services.GetRequiredService<DeviceRegistryOptions>();
        return new DataSealer(options.DataKey!, string.IsNullOrEmpty(options.PreviousDataKey) ? null : options.PreviousDataKey);
    }

    private static CallerTokenVerifier CreateTokenVerifier(IServiceProvider services)
    {
        var options = services.GetRequiredService<DeviceRegistryOptions>();
        var clock = services.GetRequiredService<TimeProvider>();
        var identityAuth = new TrustedIssuer(
            PlatformAddress.IdentityIssuer(services.GetRequiredService<IConfiguration>()),
            IdentityAudience,
            [SignatureAlgorithm.ES256],
            IdentityPrefix: "",
            VouchesForEmail: true,
            KeysAt(options.IdentityAuthJwksUri));
        return new CallerTokenVerifier([identityAuth, .. options.Issuers.Select(CreateIssuer)], clock);

        TrustedIssuer CreateIssuer(IssuerOptions issuer) => new(
            issuer.Issuer,
            issuer.Audience,
            issuer.Algorithms.Count > 0 ? [.. issuer.Algorithms] : SignatureAlgorithm.All,
            issuer.IdentityPrefix,
            issuer.VouchesForEmail,
            KeysAt(issuer.JwksUri));

        IssuerKeySet KeysAt(string address) => new(
            services.GetRequiredService<IHttpClientFactory>().CreateClient(IssuerKeySet.HttpClientName),
            new Uri(address),
            clock,
            services.GetRequiredService<ILogger<IssuerKeySet>>());
    }
}
