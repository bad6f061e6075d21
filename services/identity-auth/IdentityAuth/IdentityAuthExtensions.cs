using System.Text.Encodings.Web;
using System.Text.Json;
using IdentityAuth.Contracts.V1;
using IdentityAuth.Data;
using IdentityAuth.Delivery;
using IdentityAuth.Domain;
using IdentityAuth.Factors;
using IdentityAuth.Features.Auth;
using IdentityAuth.Features.EmailChange;
using IdentityAuth.Features.Factors;
using IdentityAuth.Features.Instance;
using IdentityAuth.Features.Mfa;
using IdentityAuth.Features.Passkeys;
using IdentityAuth.Features.PasswordChange;
using IdentityAuth.Features.Sso;
using IdentityAuth.Features.Tokens;
using IdentityAuth.Features.Users;
using IdentityAuth.Http;
using IdentityAuth.Messages;
using IdentityAuth.Passwords;
using IdentityAuth.Sso;
using IdentityAuth.Tokens;
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
        MapFactors(app, auth, user);
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
        PollHandoff.Map(auth);
        GetHandoffInfo.Map(auth);
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
    private static void MapFactors(WebApplication app, RouteGroupBuilder auth, RouteGroupBuilder user)
    {
        LoginWithTotp.Map(auth);
        SendSmsMfaCode.Map(auth);
        LoginWithSmsMfa.Map(auth);
        GetWebAuthnMfaOptions.Map(auth);
        LoginWithWebAuthnMfa.Map(auth);
        GetWebAuthnAuthenticationOptions.Map(auth);
        AuthenticateWithWebAuthn.Map(auth);
        GetSsoStatus.Map(auth);
        StartSso.Map(auth);
        CompleteSso.Map(auth);
        IssueToken.Map(auth);

        ListSudoMfaMethods.Map(user);
        SendSudoSmsCode.Map(user);
        GetSudoWebAuthnAuthenticationOptions.Map(user);
        EnableTotpMfa.Map(user);
        DisableTotpMfa.Map(user);
        GetBackupCodesMfa.Map(user);
        SendPhoneVerificationCode.Map(user);
        VerifyPhoneCode.Map(user);
        AddPhoneToAccount.Map(user);
        RemovePhoneFromAccount.Map(user);
        EnableSmsMfa.Map(user);
        DisableSmsMfa.Map(user);
        ListWebAuthnCredentials.Map(user);
        GetWebAuthnRegistrationOptions.Map(user);
        RegisterWebAuthnCredential.Map(user);
        UpdateWebAuthnCredential.Map(user);
        DeleteWebAuthnCredential.Map(user);

        // For the platform's services, which keep it for a while.
        var keys = app.MapGroup("/identity-auth/.well-known").WithTags("Keys").RequireCors(ApiConventions.AnybodyPolicy).AddEndpointFilter((context, next) =>
        {
            context.HttpContext.Response.Headers.CacheControl = "public, max-age=300";
            return next(context);
        });
        GetKeySet.Map(keys);
        GetProviderConfiguration.Map(keys);

        // For the gateway, which routes nobody else here.
        IssueToken.MapInternal(app);
    }

    private static void AddStores(IServiceCollection services)
    {
        services.AddSingleton<RedisKeys>();
        services.AddSingleton<RedisCircuit>();
        services.AddSingleton<RateLimiter>();
        services.AddSingleton<AttemptLimiter>();
        services.AddSingleton<UnknownTokens>();
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
        AddWorker<Resealer>(services);
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
        services.AddSingleton<SecretHash>();
        services.AddSingleton<Accounts>();
        services.AddSingleton<ISecondFactors, SecondFactors>();
        services.AddSingleton<MfaAttempts>();
        services.AddSingleton<MfaSignIn>();
        services.AddSingleton<TotpFactor>();

        // Text messages.
        services.AddSingleton<SmsCodes>();
        services.AddSingleton<PhoneTokens>();
        services.AddSingleton<TextMessages>();
        services.AddSingleton<SmsSender>();
        services.AddSingleton<IDeliverySender>(provider => provider.GetRequiredService<SmsSender>());
        services.AddHttpClient(SmsSender.HttpClientName).ConfigurePrimaryHttpMessageHandler(
            () => new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false, ConnectTimeout = TimeSpan.FromSeconds(2) });

        // Security keys and passkeys.
        services.AddSingleton<RelyingParty>();
        services.AddSingleton(provider => provider.GetRequiredService<RelyingParty>().CreateCeremony());
        services.AddSingleton<Challenges>();
        services.AddSingleton<CredentialStore>();
        services.AddSingleton<PasskeyFactor>();

        // Single sign-on.
        services.AddSingleton<ProviderDocuments>();
        AddWorker<SsoProvider>(services);
        services.AddSingleton<ISsoGate>(provider => provider.GetRequiredService<SsoProvider>());
        services.AddSingleton<SsoStates>();
        services.AddSingleton<SsoClient>();
        services.AddSingleton<SsoAccounts>();
        services.AddHttpClient(ProviderDocuments.HttpClientName).ConfigurePrimaryHttpMessageHandler(
            provider => OutboundGuard.CreateHandler(provider.GetRequiredService<IdentityAuthOptions>().Sso.AllowLocalAddresses));

        // Access tokens.
        services.AddSingleton<SigningKeyStore>();
        services.AddSingleton<SigningKeyRotation>();
        services.AddSingleton<SigningKeyRing>();
        services.AddHostedService<SigningKeyService>();
        services.AddSingleton<AccessTokens>();
    }

    private static void AddHttp(WebApplicationBuilder builder)
    {
        var services = builder.Services;
        services.AddSingleton<Captcha>();
        services.AddHttpClient(Captcha.HttpClientName).ConfigureHttpClient(client => client.Timeout = Captcha.Timeout);
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
        services.AddOpenApi("v1", options => ApiDescription.Api.Configure(options));
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
