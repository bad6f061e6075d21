using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Testing;
using TestSupport;

namespace Platform.Tests.Faults;

/// <summary>Two instances of every service, and device-registry takes the tokens of an issuer of the tests' own.</summary>
public sealed class ReplicatedPlatform : PrivatePlatform
{
    private TokenIssuer? issuer;

    public TokenSigner Tokens => issuer!.Signer;

    protected override int Replicas => 2;

    public override async ValueTask InitializeAsync()
    {
        issuer = await TokenIssuer.StartAsync();
        await base.InitializeAsync();
    }

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        if (issuer is not null)
        {
            await issuer.DisposeAsync();
        }
    }

    protected override void Configure(IDistributedApplicationTestingBuilder model)
    {
        var deviceRegistry = model.CreateResourceBuilder(model.Resources.OfType<ProjectResource>().Single(resource => resource.Name == "device-registry"));
        foreach (var (name, value) in issuer!.Settings)
        {
            deviceRegistry.WithEnvironment(name, value);
        }
    }
}
