using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Local.Servers;
using Aspire.Hosting.Testing;
using Npgsql;
using PhoneSimulator;

namespace Platform.Tests.Faults;

/// <summary>A stack of these tests' own, whose processes they may kill.</summary>
public sealed class PrivateStack : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly string adminKey = Guid.NewGuid().ToString();
    private IDistributedApplicationTestingBuilder? builder;
    private DistributedApplication? app;

    public Uri Gateway => app!.GetEndpoint("gateway");

    public string Broker { get; private set; } = "";

    internal PairingDatabase Database { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        builder = await DistributedApplicationTestingBuilder.CreateAsync<Projects.AppHost>(
            ["--ephemeral=true", $"--Parameters:pairing-admin-key={adminKey}"]);
        app = await builder.BuildAsync();
        await app.StartAsync();
        await app.ResourceNotifications.WaitForResourceHealthyAsync("gateway");
        Broker = (await app.GetConnectionStringAsync("rabbitmq"))!;
        Database = new PairingDatabase((await app.GetConnectionStringAsync("postgres"))!);
    }

    public async Task<LoginServer> CreateTenantAsync(HttpClient client)
        => new(client, await LoginServer.CreateTenantAsync(client, adminKey));

    /// <summary>The process that listens on the port of the resource.</summary>
    public async Task<int> ProcessOfAsync(string resource)
        => Ports.OwnerOf(await PortOfAsync(resource)) is { ProcessId: { } id } ? id : throw new InvalidOperationException($"Nobody listens on the port of {resource}.");

    /// <summary>Returns when the resource listens again, with another process than before.</summary>
    public async Task<int> WaitForSuccessorAsync(string resource, int formerProcess)
    {
        var port = await PortOfAsync(resource);
        return await Eventually.GetAsync(
            () => Task.FromResult(Ports.OwnerOf(port) is { ProcessId: { } id } && id != formerProcess ? id : (int?)null),
            Patience,
            $"{resource} was not started again");
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

        NpgsqlConnection.ClearAllPools();
    }

    private async Task<int> PortOfAsync(string resource) => resource switch
    {
        "rabbitmq" => new Uri(Broker).Port,
        "redis" => int.Parse((await app!.GetConnectionStringAsync("redis"))!.Split(',')[0].Split(':')[1], System.Globalization.CultureInfo.InvariantCulture),
        _ => app!.GetEndpoint(resource).Port,
    };
}
