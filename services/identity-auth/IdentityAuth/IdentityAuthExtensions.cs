using System.Text.Encodings.Web;
using System.Text.Json;
using IdentityAuth.Contracts.V1;
using IdentityAuth.Data;
using IdentityAuth.Delivery;
using IdentityAuth.Domain;
using IdentityAuth.Factors;
using IdentityAuth.Features.Auth;
using IdentityAuth.Features.EmailChange;
using IdentityAuth.Features.Instance;
using IdentityAuth.Features.PasswordChange;
using IdentityAuth.Features.Users;
using IdentityAuth.Http;
using IdentityAuth.Messages;
using IdentityAuth.Passwords;
using IdentityAuth.Sso;
using Microsoft.AspNetCore.Cors.Infrastructure;
using Microsoft.Extensions.Options;
using ServiceDefaults.Http;
using ServiceDefaults.Messaging;

namespace IdentityAuth;

/// <summary>Everything that this service is made of, and every path that it answers.</summary>
public static class IdentityAuthExtensions
{
    /// <summary>Registers the service.</summary>
    public static void AddIdentityAuth(this WebApplicationBuilder builder)
    {
        var services = builder.Services;

        // Settings.
        services.AddOptions<IdentityAuthOptions>().BindConfiguration(IdentityAuthOptions.SectionName).ValidateOnStart();
        services.AddSingleton<IValidateOptions<IdentityAuthOptions>, IdentityAuthOptionsValidator>();
        services.AddSingleton(provider => provider.GetRequiredService<IOptions<IdentityAuthOptions>>().Value);
        services.AddSingleton(TimeProvider.System);
        services.AddSingleton<PlatformUrls>();

        // Servers.
        builder.AddDatabase<IdentityAuthOptions>("identity-auth-db");
        builder.AddRedisClient("redis");
        builder.AddMessageBus("identity-auth", bus => bus
            .Publishes<UserRegistered>()
            .Publishes<UserUpdated>(hasConsumer: true)
            .Publishes<UserDeleted>(hasConsumer: true)
            .Publishes<SessionCreated>()
            .Publishes<SessionsRevoked>(hasConsumer: true)
            .Publishes<SignInFailed>()
            .Consumes<DeviceRevokedConsumer, DeviceRevokedConsumerDefinition>()
            .ObservedByEveryInstance<AccountObserver>());

        AddStores(services);
        AddFactors(services);
        AddHttp(builder);
    }

    /// <summary>Maps the service's paths. They are the same at the gateway.</summary>
    public static void MapIdentityAuth(this WebApplication app)
    {
        app.UseCorrelationId();
        app.UseErrorBodies();
        app.UseForwardedHeaders();
        app.UseApiConventions();
        app.UseRouting();
        app.UseCors();
        app.UseOptionsAnswer();
        app.UseMiddleware<OperationGate>();

        var auth = app.MapGroup("/v1/auth").WithTags("Authentication");
        var user = app.MapGroup("/v1/users/@me").WithTags("Own account");
        MapAuthentication(auth);
        MapAccount(user);
        MapFactors(auth, user);
        GetInstance.Map(app);
        app.MapOpenApi("/openapi/{documentName}.json");
    }

    // Registration, sign-in with a password, sessions, recovery, handoff.
    private static void MapAuthentication(RouteGroupBuilder auth)
    {
        RegisterAccount.Map(auth);
        GetUsernameSuggestions.Map(auth);
        LoginUser.Map(auth);
        LogoutUser.Map(auth);
        ListAuthSessions.Map(auth);
        LogoutAllSessions.Map(auth);
        VerifyEmail.Map(auth);
        ResendVerificationEmail.Map(auth);
        ForgotPassword.Map(auth);
        ResetPassword.Map(auth);
        RevertEmailChange.Map(auth);
        AuthorizeIpAddress.Map(auth);
        ResendIpAuthorization.Map(auth);
        PollIpAuthorization.Map(auth);
        InitiateHandoff.Map(auth);
        CompleteHandoff.Map(auth);
        GetHandoffStatus.Map(auth);
        CancelHandoff.Map(auth);
    }

    // The own account, but for its second factors.
    private static void MapAccount(RouteGroupBuilder user)
    {
        GetCurrentUser.Map(user);
        UpdateCurrentUser.Map(user);
        ForgetAuthorizedIps.Map(user);
        DisableCurrentUser.Map(user);
        DeleteCurrentUser.Map(user);

        var email = user.MapGroup("/email-change");
        StartEmailChange.Map(email);
        ResendOriginalEmailCode.Map(email);
        VerifyOriginalEmail.Map(email);
        RequestNewEmail.Map(email);
        ResendNewEmailCode.Map(email);
        VerifyNewEmail.Map(email);

        var password = user.MapGroup("/password-change");
        StartPasswordChange.Map(password);
        ResendPasswordChangeCode.Map(password);
        VerifyPasswordChangeCode.Map(password);
        CompletePasswordChange.Map(password);
    }

    // Second factors, passkeys, single sign-on, tokens for other services.
    private static void MapFactors(RouteGroupBuilder auth, RouteGroupBuilder user)
    {
    }

    private static void AddStores(IServiceCollection services)
    {
        services.AddSingleton<RedisKeys>();
        services.AddSingleton<RedisCircuit>();
        services.AddSingleton<RateLimiter>();
        services.AddSingleton<AttemptLimiter>();
        services.AddSingleton<SealedData>();
        services.AddSingleton<UserStore>();
        services.AddSingleton<SessionDirectory>();
        AddWorker<LastUseWriter>(services);
        AddWorker<ChangeBroadcast>(services);
        services.AddSingleton<SignIns>();
        services.AddSingleton<MfaTickets>();
        services.AddSingleton<SignInFailures>();
        services.AddSingleton<Registrations>();
        services.AddSingleton<Revocations>();
        services.AddSingleton<MailedTokens>();
        services.AddSingleton<AccountChanges>();
        services.AddSingleton<PasswordChanges>();
        services.AddSingleton<AccountUpdate>();
        services.AddSingleton<AccountClosures>();
        AddWorker<Sweeper>(services);
        services.AddSingleton<IpTickets>();
        services.AddSingleton<Handoffs>();
        services.AddSingleton<IdentityAuthMetrics>();

        services.AddSingleton<PasswordHasher>();
        services.AddSingleton<CommonPasswords>();
        services.AddSingleton<PasswordPolicy>();
        services.AddHttpClient(PasswordPolicy.HttpClientName);

        services.AddSingleton<Deliveries>();
        services.AddSingleton<MailTexts>();
        services.AddSingleton<IDeliverySender, SmtpSender>();
        AddWorker<DeliveryWorker>(services);
        AddWorker<PasswordResetWorker>(services);
        services.AddSingleton<Administrators>();
    }

    private static void AddFactors(IServiceCollection services)
    {
        services.AddSingleton<ISecondFactors, SecondFactors>();
        services.AddSingleton<ISsoGate, SsoGate>();
    }

    private static void AddHttp(WebApplicationBuilder builder)
    {
        var services = builder.Services;
        services.AddSingleton<Captcha>();
        services.AddHttpClient(Captcha.HttpClientName);
        services.AddSingleton<SudoToken>();
        services.AddSingleton<Sudo>();
        services.AddSingleton<UserResponses>();
        services.AddSingleton<IErrorBodyWriter, ProblemBodyWriter>();
        services.AddOptions<ForwardedHeadersOptions>().Configure<IdentityAuthOptions, IHostEnvironment>(ClientAddress.Configure);
        services.AddCors();
        services.AddOptions<CorsOptions>().Configure<IdentityAuthOptions, PlatformUrls>(ApiConventions.ConfigureCors);
        services.ConfigureHttpJsonOptions(json =>
        {
            json.SerializerOptions.PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower;
            json.SerializerOptions.Converters.Add(new Wire.TimestampConverter());
            // The answers are JSON, never part of a page.
            json.SerializerOptions.Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping;
        });
        services.AddOpenApi("v1", ApiDescription.Configure);
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            // The last resort; operations read less.
            kestrel.Limits.MaxRequestBodySize = FormBody.Limit + 1024;
        });
    }

    // One object is both: what requests talk to, and what runs.
    private static void AddWorker<TWorker>(IServiceCollection services)
        where TWorker : class, IHostedService
    {
        services.AddSingleton<TWorker>();
        services.AddHostedService(provider => provider.GetRequiredService<TWorker>());
    }
}
