using System.Globalization;
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Local.Engine;
using Aspire.Hosting.Local.Servers;
using Aspire.Hosting.Testing;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using PhoneSimulator;
using Xunit;

namespace PlatformSupport;

/// <summary>One running copy of a service.</summary>
/// <param name="Id">Its id in the app model.</param>
/// <param name="Address">Where it listens, past the gateway.</param>
public sealed record ServiceInstance(string Id, Uri Address);

/// <summary>A stack of these tests' own, whose processes they may kill.</summary>
public class PrivatePlatform : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    private IDistributedApplicationTestingBuilder? builder;
    private DistributedApplication? app;

    public Uri Gateway => App.GetEndpoint("gateway");

    /// <summary>Every mail, SMS and push that the platform has sent.</summary>
    public Uri Inbox => App.GetEndpoint("inbox", "http");

    /// <summary>AMQP URI.</summary>
    public string Broker { get; private set; } = "";

    public Uri BrokerManagement => App.GetEndpoint("rabbitmq", "management");

    /// <summary>Connection string of the Postgres server, without a database.</summary>
    public string Postgres { get; private set; } = "";

    public string Redis { get; private set; } = "";

    /// <summary>The key of pairing's administrator.</summary>
    public string AdminKey { get; } = Guid.NewGuid().ToString();

    public PairingDatabase Database { get; private set; } = null!;

    /// <summary>Processes per service.</summary>
    protected virtual int Replicas => 1;

    /// <summary>More settings of AppHost, as they stand on its command line.</summary>
    protected virtual IEnumerable<string> Arguments => [];

    private DistributedApplication App => app ?? throw new InvalidOperationException("The stack is not started.");

    public virtual async ValueTask InitializeAsync()
    {
        builder = await DistributedApplicationTestingBuilder.CreateAsync<Projects.AppHost>(
            [
                "--ephemeral=true",
                string.Create(CultureInfo.InvariantCulture, $"--Replicas={Replicas}"),
                $"--Parameters:pairing-admin-key={AdminKey}",
                .. Arguments,
            ]);
        Configure(builder);
        app = await builder.BuildAsync();
        await app.StartAsync();
        await app.ResourceNotifications.WaitForResourceHealthyAsync("gateway");
        Broker = (await app.GetConnectionStringAsync("rabbitmq"))!;
        Postgres = (await app.GetConnectionStringAsync("postgres"))!;
        Redis = (await app.GetConnectionStringAsync("redis"))!;
        Database = new PairingDatabase(Postgres);
        await StartedAsync();
    }

    public async Task<LoginServer> CreateTenantAsync(HttpClient client)
        => new(client, await LoginServer.CreateTenantAsync(client, AdminKey));

    /// <summary>The services behind the gateway: every project that has a database of its own.</summary>
    public IReadOnlyList<string> Services
        => [.. Model<PostgresDatabaseResource>().Select(database => database.Name[..^"-db".Length])];

    public IReadOnlyList<ServiceInstance> InstancesOf(string service)
        =>
        [
            .. App.Services.GetRequiredService<ApplicationEngine>().Supervisors(service).Select(supervisor => new ServiceInstance(
                supervisor.Instance.Id,
                new Uri(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{supervisor.Instance.Port("http")}")))),
        ];

    /// <summary>The process that listens on the port of the resource.</summary>
    public Task<int> ProcessOfAsync(string resource)
        => Task.FromResult(TryProcessOf(resource) ?? throw new InvalidOperationException($"Nobody listens on the port of {resource}."));

    /// <summary>The process of one copy of a service, or nobody.</summary>
    public static int? TryProcessOf(ServiceInstance instance) => Ports.OwnerOf(instance.Address.Port)?.ProcessId;

    /// <summary>The process that listens on the port of the resource, or nobody.</summary>
    public int? TryProcessOf(string resource) => Ports.OwnerOf(PortOf(resource))?.ProcessId;

    /// <summary>Returns when the resource listens again, with another process than before.</summary>
    public Task<int> WaitForSuccessorAsync(string resource, int formerProcess)
        => Eventually.GetAsync(
            () => Task.FromResult(TryProcessOf(resource) is { } id && id != formerProcess ? id : (int?)null),
            Patience,
            $"{resource} was not started again");

    /// <summary>Ends a resource, or one instance of it, in order; it stays down until <see cref="StartAsync"/>.</summary>
    public Task StopAsync(string resource) => CommandAsync(resource, KnownResourceCommands.StopCommand);

    public Task StartAsync(string resource) => CommandAsync(resource, KnownResourceCommands.StartCommand);

    /// <summary>Ends and starts a resource, or one instance of it, in order.</summary>
    public Task RestartAsync(string resource) => CommandAsync(resource, KnownResourceCommands.RestartCommand);

    /// <summary>Returns when every instance of the resource is up and its health checks say so.</summary>
    public Task WaitForHealthyAsync(string resource) => App.ResourceNotifications.WaitForResourceHealthyAsync(resource, WaitBehavior.WaitOnResourceUnavailable);

    /// <summary>What the processes of the resource have printed, as far as it is kept.</summary>
    public async Task<IReadOnlyList<string>> ConsoleOfAsync(string resource)
    {
        var lines = new List<string>();
        var loggers = App.Services.GetRequiredService<ResourceLoggerService>();
        foreach (var supervisor in App.Services.GetRequiredService<ApplicationEngine>().Supervisors(resource))
        {
            await foreach (var batch in loggers.GetAllAsync(supervisor.Instance.Id))
            {
                lines.AddRange(batch.Select(line => line.Content));
            }
        }

        return lines;
    }

    /// <summary>Names of everything that prints.</summary>
    public IReadOnlyList<string> Resources => [.. Model<IResource>().Where(resource => resource is IComputeResource).Select(resource => resource.Name)];

    public virtual async ValueTask DisposeAsync()
    {
        await StoppingAsync();
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
        GC.SuppressFinalize(this);
    }

    /// <summary>A last word on the app model before it is built.</summary>
    protected virtual void Configure(IDistributedApplicationTestingBuilder model)
    {
    }

    /// <summary>The stack is up.</summary>
    protected virtual Task StartedAsync() => Task.CompletedTask;

    /// <summary>The stack is about to end.</summary>
    protected virtual Task StoppingAsync() => Task.CompletedTask;

    private IEnumerable<T> Model<T>() => App.Services.GetRequiredService<DistributedApplicationModel>().Resources.OfType<T>();

    private async Task CommandAsync(string resource, string command)
    {
        var result = await App.ResourceCommands.ExecuteCommandAsync(resource, command);
        if (!result.Success)
        {
            throw new InvalidOperationException($"{command} {resource}: {result.Message}");
        }
    }

    private int PortOf(string resource) => resource switch
    {
        "postgres" => new NpgsqlConnectionStringBuilder(Postgres).Port,
        "rabbitmq" => new Uri(Broker).Port,
        "redis" => int.Parse(Redis.Split(',')[0].Split(':')[1], CultureInfo.InvariantCulture),
        _ => App.GetEndpoint(resource).Port,
    };
}
