using AppHost;
using Microsoft.Extensions.Configuration;

Announcement.Print();

var builder = DistributedApplication.CreateBuilder(new DistributedApplicationOptions
{
    Args = args,
    // Otherwise Redis speaks TLS on machines with a trusted developer certificate, and not on others.
    DeveloperCertificateDefaultHttpsTerminationEnabled = false,
});
var replicas = builder.Configuration.GetValue("Replicas", 1);
var isEphemeral = builder.Configuration.GetValue("Ephemeral", false);

// Servers. An ephemeral stack keeps nothing.
var postgres = builder.AddPostgres("postgres");
var redis = builder.AddRedis("redis");
var rabbitmq = builder.AddRabbitMQ("rabbitmq").WithManagementPlugin();
if (!isEphemeral)
{
    postgres.WithDataVolume();
    redis.WithDataVolume();
    rabbitmq.WithDataVolume();
}

// Services.
var pairing = Service<Projects.Pairing>("pairing")
    .WithEnvironment("Pairing__AdminKey", Uuid("pairing-admin-key"))
    .WithEnvironment("Pairing__KeySeed", Secret("pairing-key-seed"))
    .WithEnvironment("Pairing__DataKey", Secret("pairing-data-key"));
var identityAuth = Service<Projects.IdentityAuth>("identity-auth")
    .WithEnvironment("IdentityAuth__DataKey", Secret("identity-auth-data-key"))
    .WithEnvironment("IdentityAuth__SudoKey", Secret("identity-auth-sudo-key"))
    .WithEnvironment("IdentityAuth__AdministratorEmail", Optional("platform-admin-email"));
var deviceRegistry = Service<Projects.DeviceRegistry>("device-registry")
    .WithEnvironment("DeviceRegistry__DataKey", Secret("device-registry-data-key"))
    .WithReference(identityAuth); // its key set, when a token comes
var scopeSigning = Service<Projects.ScopeSigning>("scope-signing")
    .WithEnvironment("ScopeSigning__Pepper", Secret("scope-signing-pepper"))
    .WithEnvironment("ScopeSigning__Issuer__KeyEncryptionKey", Secret("scope-signing-key-encryption-key"));
IResourceBuilder<ProjectResource>[] services = [pairing, identityAuth, deviceRegistry, scopeSigning];

// The one address that clients know.
var gateway = builder.AddProject<Projects.Gateway>("gateway", launchProfileName: null)
    .WithHttpEndpoint(port: builder.Configuration.GetValue<int?>("Gateway:Port"))
    .WithExternalHttpEndpoints()
    .WithHttpHealthCheck("/health")
    .WithUrlForEndpoint("http", url => url.DisplayText = "Gateway")
    .WithReference(rabbitmq).WaitFor(rabbitmq);
foreach (var service in services)
{
    gateway.WithReference(service).WaitFor(service);
}

// What clients call the platform by: in documents, links and the names of issuers.
foreach (var project in services.Append(gateway))
{
    project.WithEnvironment("Platform__BaseUrl", gateway.GetEndpoint("http"));
}

if (builder.ExecutionContext.IsRunMode)
{
    // Where mail, SMS, push and letters end in development.
    var inbox = builder.AddProject<Projects.Inbox>("inbox", launchProfileName: null)
        .WithHttpEndpoint(port: builder.Configuration.GetValue<int?>("Inbox:Port"))
        .WithEndpoint(port: builder.Configuration.GetValue<int?>("Inbox:SmtpPort"), scheme: "smtp", name: "smtp", env: "Inbox__SmtpPort")
        .WithHttpHealthCheck("/health")
        .WithUrlForEndpoint("http", url => url.DisplayText = "Inbox");
    var (http, smtp) = (inbox.GetEndpoint("http"), inbox.GetEndpoint("smtp"));
    scopeSigning.WaitFor(inbox)
        .WithEnvironment("ScopeSigning__Delivery__Smtp__Host", $"{smtp.Property(EndpointProperty.Host)}")
        .WithEnvironment("ScopeSigning__Delivery__Smtp__Port", $"{smtp.Property(EndpointProperty.Port)}")
        .WithEnvironment("ScopeSigning__Delivery__Smtp__From", "no-reply@platform.localhost")
        .WithEnvironment("ScopeSigning__Delivery__PhoneUrl", $"{http}/sms")
        .WithEnvironment("ScopeSigning__Delivery__PushUrl", $"{http}/push")
        .WithEnvironment("ScopeSigning__Delivery__LetterUrl", $"{http}/letter")
        .WithEnvironment("ScopeSigning__Delivery__TestSinkUrl", $"{http}/test")
        .WithEnvironment("ScopeSigning__Test__Enabled", "true");
    identityAuth.WaitFor(inbox)
        .WithEnvironment("IdentityAuth__Smtp__Host", $"{smtp.Property(EndpointProperty.Host)}")
        .WithEnvironment("IdentityAuth__Smtp__Port", $"{smtp.Property(EndpointProperty.Port)}")
        .WithEnvironment("IdentityAuth__Sms__Url", $"{http}/sms");

    // To try single sign-on with a provider of one's own: --IdentityAuth:Sso:Enabled=true --IdentityAuth:Sso:Issuer=… and so on.
    foreach (var (setting, value) in builder.Configuration.GetSection("IdentityAuth:Sso").AsEnumerable().Where(pair => pair.Value is not null))
    {
        identityAuth.WithEnvironment(setting.Replace(":", "__", StringComparison.Ordinal), value!);
    }

    // The account pages lead a developer there.
    gateway.WithEnvironment("Gateway__DeveloperLinks__Inbox", http);
    if (builder.Configuration["URLS"]?.Split(';')[0] is { Length: > 0 } dashboard && !isEphemeral)
    {
        var port = builder.Configuration.GetValue<int?>("Dashboard:Port");
        gateway.WithEnvironment("Gateway__DeveloperLinks__Dashboard", port is null ? dashboard : $"http://localhost:{port}");
    }

    // A test's own launch profile does not reach the processes: without this they would run as Production there.
    foreach (var project in services.Append(gateway).Append(inbox))
    {
        project.WithEnvironment("ASPNETCORE_ENVIRONMENT", builder.Environment.EnvironmentName);
    }
}
else
{
    // In production everything has an address of its own.
    var (smtpHost, mailFrom, phoneUrl) = (builder.AddParameter("smtp-host"), builder.AddParameter("mail-from"), builder.AddParameter("phone-url"));
    scopeSigning
        .WithEnvironment("ScopeSigning__Delivery__Smtp__Host", smtpHost)
        .WithEnvironment("ScopeSigning__Delivery__Smtp__Port", "587")
        .WithEnvironment("ScopeSigning__Delivery__Smtp__From", mailFrom)
        .WithEnvironment("ScopeSigning__Delivery__PhoneUrl", phoneUrl)
        .WithEnvironment("ScopeSigning__Delivery__PushUrl", builder.AddParameter("push-url"));
    identityAuth
        .WithEnvironment("IdentityAuth__Smtp__Host", smtpHost)
        .WithEnvironment("IdentityAuth__Smtp__Port", "587")
        .WithEnvironment("IdentityAuth__Smtp__From", mailFrom)
        .WithEnvironment("IdentityAuth__Sms__Url", phoneUrl);

    // The gateway's addresses and networks: without them all clients would be one address, the gateway's.
    var trustedProxies = builder.AddParameter("trusted-proxies");
    pairing.WithEnvironment("Pairing__TrustedProxies", trustedProxies);
    identityAuth.WithEnvironment("IdentityAuth__TrustedProxies", trustedProxies);
    scopeSigning.WithEnvironment("ScopeSigning__TrustedProxies", trustedProxies);
}

await builder.Build().RunAsync();

// A service has its own database and shares Redis and RabbitMQ; it is reached through the gateway only.
IResourceBuilder<ProjectResource> Service<TProject>(string name)
    where TProject : IProjectMetadata, new()
{
    var database = postgres.AddDatabase($"{name}-db");
    return builder.AddProject<TProject>(name, launchProfileName: null)
        .WithHttpEndpoint()
        .WithHttpHealthCheck("/health")
        .WithReplicas(replicas)
        .WithReference(database).WaitFor(database)
        .WithReference(redis).WaitFor(redis)
        .WithReference(rabbitmq).WaitFor(rabbitmq);
}

// 43 letters and digits hold more than 192 bits. Generated once and kept in user secrets, unless somebody sets it.
IResourceBuilder<ParameterResource> Secret(string name)
    => builder.AddParameter(name, new GenerateParameterDefault { MinLength = 43, Special = false }, secret: true, persist: true);

// A setting that may stay empty. Configuration is read here, because a parameter without a value would stop the start.
IResourceBuilder<ParameterResource> Optional(string name)
    => builder.ExecutionContext.IsPublishMode
        ? builder.AddParameter(name)
        : builder.AddParameter(name, builder.Configuration[$"Parameters:{name}"] ?? builder.Configuration[$"Parameters:{name.Replace('-', '_')}"] ?? "");

// The same for a key that has to be a UUID, version 4. No deployment tool can generate that: there it has to be given.
IResourceBuilder<ParameterResource> Uuid(string name)
    => builder.ExecutionContext.IsPublishMode
        ? builder.AddParameter(name, secret: true)
        : builder.AddParameter(name, new UuidDefault(), secret: true, persist: true);
