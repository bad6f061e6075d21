using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Testing;
using TestSupport;

namespace Platform.Tests.Faults;

/// <summary>A stack of these tests' own with two instances of each service.</summary>
public sealed class ReplicatedPlatform : IAsyncLifetime
{
    private TokenIssuer? issuer;
    private IDistributedApplicationTestingBuilder? builder;
    private DistributedApplication? app;

    public Uri Gateway => app!.GetEndpoint("gateway");

    public TokenSigner Tokens => issuer!.Signer;

    public async ValueTask InitializeAsync()
    {
        issuer = await TokenIssuer.StartAsync();
        builder = await DistributedApplicationTestingBuilder.CreateAsync<Projects.AppHost>(["--ephemeral=true", "--Replicas=2"]);
        var deviceRegistry = builder.CreateResourceBuilder(builder.Resources.OfType<ProjectResource>().Single(resource => resource.Name == "device-registry"));
        foreach (var (name, value) in issuer.Settings)
        {
            deviceRegistry.WithEnvironment(name, value);
        }

        app = await builder.BuildAsync();
        await app.StartAsync();
        await app.ResourceNotifications.WaitForResourceHealthyAsync("gateway");
    }

    public async ValueTask DisposeAsync()
    {
        if (app is not null)
        {
            await app.StopAsync();
            await app.DisposeAsync();
        }

        if (builder is not null)
        {
            await builder.DisposeAsync();
        }

        if (issuer is not null)
        {
            await issuer.DisposeAsync();
        }
    }
}
