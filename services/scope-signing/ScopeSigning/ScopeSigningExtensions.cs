using Microsoft.Extensions.Options;
using ScopeSigning.Contracts.V1;
using ScopeSigning.Data;
using ScopeSigning.Delivery;
using ScopeSigning.Domain;
using ScopeSigning.Features.Issuer;
using ScopeSigning.Features.Keys;
using ScopeSigning.Features.Login;
using ScopeSigning.Features.Scopes;
using ScopeSigning.Http;
using ScopeSigning.Messages;
using ScopeSigning.OpenApi;
using ScopeSigning.Signing;
using ServiceDefaults.Http;
using ServiceDefaults.Messaging;

namespace ScopeSigning;

internal static class ScopeSigningExtensions
{
    public const string ServiceName = "scope-signing";

    public static void AddScopeSigning(this IHostApplicationBuilder builder)
    {
        var services = builder.Services;
        services.AddSingleton<IValidateOptions<ScopeSigningOptions>, ScopeSigningOptionsValidator>();
        services.AddOptions<ScopeSigningOptions>().BindConfiguration(ScopeSigningOptions.SectionName).ValidateOnStart();
        services.AddSingleton(TimeProvider.System);
        services.AddSingleton(provider => IdentityOf(builder.Configuration, provider.GetRequiredService<IOptions<ScopeSigningOptions>>().Value));

        builder.AddDatabase<ScopeSigningOptions>($"{ServiceName}-db");
        builder.AddRedisClient("redis");
        services.AddSingleton<KeyStore>();
        services.AddSingleton<NonceStore>();
        services.AddSingleton<RateLimits>();
        services.AddSingleton<UnicodeText>();
        services.AddSingleton<ScopeValues>();
        services.AddSingleton<DeliveryStore>();
        services.AddSingleton<PushStore>();
        services.AddSingleton<JobStore>();
        services.AddSingleton<RevocationStore>();
        services.AddSingleton<IssuerKeyStore>();
        services.AddHostedService<Sweeper>();

        services.AddSingleton<PepperedHash>();
        services.AddSingleton<SealedData>();
        services.AddSingleton<IssuerKeyRing>();
        services.AddSingleton<IssuerKeyRotation>();
        services.AddSingleton<ScopeTokenIssuer>();
        services.AddHostedService<IssuerKeyService>();

        services.AddSingleton<SelfSignedTokenVerifier>();
        services.AddSingleton<IssuedScopeVerifier>();
        services.AddSingleton<AuthorityTokenVerifier>();
        services.AddSingleton<TokenGate>();
        services.AddSingleton<ScopeSigners>();

        services.AddSingleton<SmtpSender>();
        services.AddSingleton<HttpSender>();
        services.AddSingleton<DeliveryMetrics>();
        services.AddSingleton<DeliveryHandler>();
        services.AddSingleton<DeliveryRetries>();
        services.AddHostedService(provider => provider.GetRequiredService<DeliveryRetries>());
        builder.AddMessageBus(ServiceName, bus => bus
            .Publishes<SigningKeyRegistered>()
            .Publishes<SigningKeyRevoked>()
            .Publishes<ScopeRequested>()
            .Publishes<ScopeConfirmed>()
            .Publishes<ScopeSigned>()
            .Publishes<PushLoginRequested>()
            .Publishes<DeliverEmail>(hasConsumer: true)
            .Publishes<DeliverToPhone>(hasConsumer: true)
            .Publishes<DeliverLetter>(hasConsumer: true)
            .Publishes<DeliverPush>(hasConsumer: true)
            .Publishes<DeliverToTestSink>(hasConsumer: true)
            .Publishes<SignJob>(hasConsumer: true)
            .Consumes<DeliverEmailConsumer, DeliverEmailConsumerDefinition>()
            .Consumes<DeliverToPhoneConsumer, DeliverToPhoneConsumerDefinition>()
            .Consumes<DeliverLetterConsumer, DeliverLetterConsumerDefinition>()
            .Consumes<DeliverPushConsumer, DeliverPushConsumerDefinition>()
            .Consumes<DeliverToTestSinkConsumer, DeliverToTestSinkConsumerDefinition>()
            .Consumes<SignJobConsumer, SignJobConsumerDefinition>());

        services.AddSingleton<IErrorBodyWriter, ScopeSigningErrorWriter>();
        services.AddCallerAddress();
        services.AddApiDocument();
    }

    public static void MapScopeSigning(this WebApplication app)
    {
        app.UseForwardedHeaders();
        app.UseCorrelationId();
        app.UseApiHeaders();
        app.UseErrorBodies();
        app.UseRouting();
        app.UseExactPaths();

        app.MapOpenApi();
        var group = app.MapGroup("");

        var keys = group.MapGroup("").WithTags("Keys");
        RegisterKey.Map(keys);
        UpdateKey.Map(keys);
        ReplaceKey.Map(keys);
        GetKey.Map(keys);
        RevokeKey.Map(keys);
        RevokeKeyByCode.Map(keys);

        RequestPushLogin.Map(group.MapGroup("").WithTags("Login"));

        var scopes = group.MapGroup("").WithTags("Scopes");
        RequestScope.Map(scopes);
        ConfirmScope.Map(scopes);
        GetScope.Map(scopes);
        CompleteScope.Map(scopes);
        DeleteScope.Map(scopes);
        GetConfirmPage.Map(scopes);

        var issuer = group.MapGroup("").WithTags("Issuer");
        GetKeySet.Map(issuer);
        GetErrorText.Map(issuer);
    }

    private static IssuerIdentity IdentityOf(IConfiguration configuration, ScopeSigningOptions options)
    {
        // Its form was checked with the options.
        var baseUrl = configuration["Platform:BaseUrl"]!.TrimEnd('/');
        return new IssuerIdentity(baseUrl, options.Issuer.Id ?? $"{baseUrl}/{ServiceName}");
    }
}
