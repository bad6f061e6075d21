using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Testing;
using TestSupport;

// One argument: the folder in which the test processes of this checkout meet.
var meeting = new MeetingPlace(args[0]);
var adminKey = Guid.NewGuid().ToString();

const string AdministratorEmail = "administrator@platform.example";

await using var builder = await DistributedApplicationTestingBuilder.CreateAsync<Projects.AppHost>(
    ["--ephemeral=true", $"--Parameters:pairing-admin-key={adminKey}", $"--Parameters:platform-admin-email={AdministratorEmail}"]);
await using var issuer = await TokenIssuer.StartAsync();
var deviceRegistry = builder.CreateResourceBuilder(builder.Resources.OfType<ProjectResource>().Single(resource => resource.Name == "device-registry"));
foreach (var (name, value) in issuer.Settings)
{
    deviceRegistry.WithEnvironment(name, value);
}

await using var app = await builder.BuildAsync();

// Much longer than any machine needs: whoever waits for this stack shall read why there is none, not wait for ever.
using (var patience = new CancellationTokenSource(TimeSpan.FromMinutes(10)))
{
    await app.StartAsync(patience.Token);
    await app.ResourceNotifications.WaitForResourceHealthyAsync("gateway", patience.Token);
}

await meeting.AnnounceAsync(new StackAddress
{
    Postgres = (await app.GetConnectionStringAsync("postgres"))!,
    Redis = (await app.GetConnectionStringAsync("redis"))!,
    RabbitMQ = (await app.GetConnectionStringAsync("rabbitmq"))!,
    RabbitMQManagement = app.GetEndpoint("rabbitmq", "management"),
    Gateway = app.GetEndpoint("gateway"),
    Inbox = app.GetEndpoint("inbox", "http"),
    Tokens = issuer.Signer,
    PairingAdminKey = adminKey,
    AdministratorEmail = AdministratorEmail,
});

await meeting.WaitUntilDesertedAsync();
await app.StopAsync();
