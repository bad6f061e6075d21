using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Local.Configuration;
using Aspire.Hosting.Local.Dashboard;
using Aspire.Hosting.Local.Processes;
using Aspire.Hosting.Local.Servers;

namespace Aspire.Hosting.Local.Engine;

/// <summary>Runs the app model on this machine: prepares what everything needs, then gives each instance a supervisor.</summary>
internal sealed class ApplicationEngine(
    DistributedApplicationModel model,
    LocalSettings settings,
    ResourceNotificationService notifications,
    ResourceLoggerService logs,
    DistributedApplicationExecutionContext executionContext,
    IHostEnvironment environment,
    TimeProvider timeProvider,
    ILoggerFactory loggerFactory) : IHostedService, IAsyncDisposable
{
    private readonly ILogger _logger = loggerFactory.CreateLogger<ApplicationEngine>();
    private readonly SemaphoreSlim _stopping = new(1, 1);

    // Replaced, never changed: the dashboard reads it at any time.
    private volatile IReadOnlyList<Supervisor> _supervisors = [];
    private readonly List<IBackingServer> _servers = [];

    // Redirects are answers like any other, and a proxy of the environment has no business on loopback.
    private readonly HttpClient _http = new(new SocketsHttpHandler { AllowAutoRedirect = false, UseProxy = false, ConnectTimeout = TimeSpan.FromSeconds(2) });
    private StateFolder? _state;
    private ProcessLedger? _ledger;
    private LogForwarder? _forwarder;
    private bool _isDisposed;

    public bool HasStarted { get; private set; }

    /// <summary>Null while it does not run.</summary>
    public DashboardHost? Dashboard { get; private set; }

    /// <summary>Where data, logs and records of this stack are; null before the start.</summary>
    public string? StatePath => _state?.Path;

    /// <summary>Where Postgres's data are, when that is elsewhere: as root it runs as another user, who may not enter the checkout.</summary>
    public string? PostgresDataPath => _state is { } state && !state.IsEphemeral
        && _supervisors.Any(s => s.Instance.Resource is PostgresServerResource)
        && !state.PostgresData.StartsWith(state.Path, StringComparison.Ordinal)
            ? state.PostgresData
            : null;

    /// <summary>Gets what a person should read while the machine is prepared.</summary>
    public Action<string>? OnMessage { get; set; }

    /// <summary>Those of an instance's id, or of a resource's name.</summary>
    public IReadOnlyList<Supervisor> Supervisors(string idOrName)
        => [.. _supervisors.Where(s => string.Equals(s.Instance.Id, idOrName, StringComparison.OrdinalIgnoreCase)
            || string.Equals(s.Instance.Resource.Name, idOrName, StringComparison.OrdinalIgnoreCase))];

    /// <summary>The instances that a complete start has healthy.</summary>
    public IReadOnlyList<Supervisor> Expected() => [.. _supervisors.Where(s => !s.Instance.Resource.Has<ExplicitStartAnnotation>())];

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        try
        {
            await PrepareAsync(cancellationToken);
            foreach (var supervisor in Expected())
            {
                await supervisor.StartAsync();
            }
        }
        catch
        {
            try
            {
                await StopAsync(CancellationToken.None);
            }
            catch (Exception exception)
            {
                // Why it did not start is what matters.
                _logger.LogError(exception, "What had been started could not be stopped.");
            }

            throw;
        }
    }

    /// <summary>Ends everything in reverse order, within <see cref="ShutdownPlan.Total"/>. Safe to call again.</summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await _stopping.WaitAsync(CancellationToken.None);
        try
        {
            var begun = timeProvider.GetTimestamp();
            foreach (var level in _supervisors.GroupBy(s => ShutdownPlan.Level(s.Instance.Resource)).OrderByDescending(g => g.Key))
            {
                var grace = ShutdownPlan.Grace(ShutdownPlan.Total - timeProvider.GetElapsedTime(begun), level.Key);
                await Task.WhenAll(level.Select(s => s.StopAsync(grace)));
            }

            await CleanUpAsync();
        }
        finally
        {
            _stopping.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        // Known to the container twice, as a service and as a hosted service.
        if (Interlocked.Exchange(ref _isDisposed, value: true))
        {
            return;
        }

        await StopAsync(CancellationToken.None);
        _http.Dispose();
        _stopping.Dispose();
    }

    private async Task PrepareAsync(CancellationToken cancellationToken)
    {
        notifications.DefaultWaitBehavior = settings.EnableDashboard ? WaitBehavior.WaitOnResourceUnavailable : WaitBehavior.StopOnResourceUnavailable;
        var needless = model.Resources.OfType<PostgresServerResource>().Where(IsNeedless).ToList();
        needless.ForEach(s => s.Annotations.Add(new NotNeededAnnotation()));
        var running = model.Resources.Where(r => r is not ParameterResource && !r.Has<NotNeededAnnotation>()).ToList();

        await ResolveParametersAsync(cancellationToken);
        _state = StateFolder.Open(settings.AppHostDirectory, settings.IsEphemeral);
        _ledger = await ProcessLedger.OpenAsync(_state, cancellationToken);
        if (_ledger.CleanedUp.Count > 0)
        {
            Tell($"Ended what an earlier start had left running: {string.Join(", ", _ledger.CleanedUp)}.");
        }

        PortAllocation.Allocate(running.Where(r => r.ExternalConnection() is null), settings);
        await Provisioning.EnsureAsync(Requirements(running), settings.InstallMissing, Tell, cancellationToken);
        await StartDashboardAsync(cancellationToken);
        await AddSupervisorsAsync(running, cancellationToken);
        HasStarted = true;
    }

    // A missing value is told before anything is started, all of them at once.
    private async Task ResolveParametersAsync(CancellationToken cancellationToken)
    {
        var problems = new List<string>();
        var hidden = model.Resources.Where(r => r.ExternalConnection() is null).SelectMany(ServerParameters);
        foreach (var parameter in model.Resources.OfType<ParameterResource>().Concat(hidden).Distinct())
        {
            ResourceStateSnapshot state = KnownResourceStates.Running!;
            string? value = null;
            try
            {
                value = await parameter.GetValueAsync(cancellationToken);
            }
            catch (DistributedApplicationException e)
            {
                state = KnownResourceStates.ValueMissing!;
                problems.Add(e.Message);
            }

            await notifications.PublishUpdateAsync(parameter, s => s with
            {
                State = state,
                IsReady = value is not null,
                Properties = [new("Value", value) { IsSensitive = parameter.Secret }],
                EnvironmentVariables = value is null ? [] : [new EnvironmentVariableSnapshot("Value", value, IsFromSpec: true) { IsSecret = parameter.Secret }],
            });
        }

        if (problems.Count > 0)
        {
            throw new DistributedApplicationException(string.Join(Environment.NewLine, problems));
        }
    }

    private static IEnumerable<ParameterResource> ServerParameters(IResource resource) => resource switch
    {
        PostgresServerResource { UserNameParameter: var user, PasswordParameter: var password } => Existing(user, password),
        RabbitMQServerResource { UserNameParameter: var user, PasswordParameter: var password } => Existing(user, password),
        RedisResource { PasswordParameter: var password } => Existing(password),
        _ => [],
    };

    private static IEnumerable<ParameterResource> Existing(params IEnumerable<ParameterResource?> parameters) => parameters.OfType<ParameterResource>();

    private bool IsNeedless(PostgresServerResource server)
    {
        var databases = model.Resources.OfType<PostgresDatabaseResource>().Where(d => d.Parent == server).ToList();
        return server.ExternalConnection() is null
            && databases.Count > 0
            && databases.TrueForAll(d => d.ExternalConnection() is not null)
            && !model.Resources.Any(r => r.Annotations.OfType<RelationshipAnnotation>().Any(a => a.Resource == server));
    }

    private static HashSet<Requirement> Requirements(IReadOnlyList<IResource> resources)
    {
        var servers = resources.Where(r => r.ExternalConnection() is null).Select(Requirement? (r) => r switch
        {
            PostgresServerResource => Servers.Requirement.Postgres,
            RedisResource => Servers.Requirement.Redis,
            RabbitMQServerResource => Servers.Requirement.RabbitMQ,
            _ => null,
        }).OfType<Requirement>();
        var projects = resources.SelectMany(r => r.Annotations.OfType<IProjectMetadata>()).Select(p => p.ProjectPath);
        return [.. servers, .. projects.SelectMany(NativeLibraries.Of)];
    }

    private async Task StartDashboardAsync(CancellationToken cancellationToken)
    {
        if (!settings.EnableDashboard)
        {
            return;
        }

        var (frontend, otlp) = (settings.DashboardUrl(), settings.DashboardOtlpUrl());
        Check(frontend, "of the dashboard", "Dashboard:Port");
        Check(otlp, "for telemetry", "Dashboard:OtlpPort");
        Dashboard = await DashboardHost.StartAsync(
            new DashboardOptions
            {
                FrontendUrl = frontend,
                OtlpUrl = otlp,
                BrowserToken = settings.BrowserToken,
                OtlpApiKey = settings.OtlpApiKey,
                AllowAnonymous = settings.AllowAnonymousDashboard,
                ApplicationName = settings.ApplicationName,
                LoggerFactory = loggerFactory,
            },
            new DashboardSource(this, notifications, logs),
            cancellationToken);

        static void Check(Uri url, string use, string setting)
        {
            if (Ports.OwnerOf(url.Port) is { } owner)
            {
                throw PortAllocation.Taken(url.Port, use, owner, $"Stop that program, or choose another port with --{setting}={PortAllocation.Other(url.Port)}, or let --ephemeral=true choose free ports.");
            }
        }
    }

    private async Task AddSupervisorsAsync(List<IResource> resources, CancellationToken cancellationToken)
    {
        var logFolder = Path.Combine(_state!.Path, "logs");
        Directory.CreateDirectory(logFolder);
        _forwarder = settings.ForwardResourceLogs ? new LogForwarder(logs, loggerFactory, environment.ApplicationName) : null;
        var processEnvironment = new ProcessEnvironment(
            executionContext,
            Dashboard is null ? null : new(Dashboard.OtlpUrl, settings.OtlpApiKey),
            environment.IsDevelopment());
        var awaited = resources.SelectMany(r => r.Annotations.OfType<WaitAnnotation>())
            .Where(w => w.WaitType == WaitType.WaitForCompletion).Select(w => w.Resource).ToHashSet();

        var supervisors = new List<Supervisor>();
        foreach (var resource in resources)
        {
            foreach (var instance in ResourceInstance.Of(resource))
            {
                var log = logs.Log(instance.Id);
                var number = resource.ReplicaCount() > 1 ? $"-{instance.Replica + 1}" : string.Empty;
                log.WriteTo(Path.Combine(logFolder, $"{resource.Name}{number}.log"));
                if (resource.ReplicaCount() == 1)
                {
                    logs.Alias(resource.Name, instance.Id);
                }

                _forwarder?.Forward(instance);
                var workload = await WorkloadAsync(instance, log, processEnvironment, cancellationToken);
                var supervisor = new Supervisor(instance, workload, notifications, log, _http, timeProvider, awaited.Contains(resource));
                supervisors.Add(supervisor);
            }
        }

        // Known to all before the first change is told.
        _supervisors = supervisors;
        foreach (var supervisor in supervisors)
        {
            supervisor.Publish(s => s with
            {
                State = KnownResourceStates.NotStarted,
                Urls = [.. ResourceUrls.Of(supervisor.Instance)],
                Relationships = [.. Relationships(supervisor.Instance.Resource)],
                Properties = [new("Source", supervisor.Source)],
            });
        }
    }

    private static IEnumerable<RelationshipSnapshot> Relationships(IResource resource)
    {
        var declared = resource.Annotations.OfType<RelationshipAnnotation>().Select(a => new RelationshipSnapshot(a.Resource.Name, a.Type));
        return resource is IResourceWithParent child ? declared.Prepend(new(child.Parent.Name, RelationshipTypes.Parent)) : declared;
    }

    private async Task<IWorkload> WorkloadAsync(
        ResourceInstance instance, ResourceLog log, ProcessEnvironment processEnvironment, CancellationToken cancellationToken)
    {
        var resource = instance.Resource;
        if (resource.ExternalConnection() is not null)
        {
            return new ExistingWorkload("outside this stack");
        }

        return resource switch
        {
            ContainerResource container => new ServerWorkload(await ServerAsync(container, log, cancellationToken)),
            ProjectResource or ExecutableResource => new ProcessWorkload(
                ProcessCommand.Describe(resource), token => ProcessAsync(instance, log, processEnvironment, token), _ledger!),
            IResourceWithConnectionString => new ExistingWorkload(resource is PostgresDatabaseResource d ? $"database {d.DatabaseName}" : "outside this stack"),
            _ => throw new DistributedApplicationException($"The default engine cannot run '{resource.Name}' ({resource.GetType().Name}). Use UseAspire=true."),
        };
    }

    private async Task<ChildProcessOptions> ProcessAsync(
        ResourceInstance instance, ResourceLog log, ProcessEnvironment processEnvironment, CancellationToken cancellationToken)
    {
        var variables = await processEnvironment.ResolveAsync(instance, cancellationToken);
        await notifications.PublishUpdateAsync(instance.Resource, instance.Id, s => s with
        {
            EnvironmentVariables = [.. variables.Select(v => new EnvironmentVariableSnapshot(v.Name, v.Value, IsFromSpec: true) { IsSecret = v.IsSecret })],
        });
        return await ProcessCommand.CreateAsync(instance, variables, log.Write, cancellationToken);
    }

    private async Task<IBackingServer> ServerAsync(ContainerResource resource, ResourceLog log, CancellationToken cancellationToken)
    {
        var port = resource.Endpoints().First().AllocatedEndpoint!.Port;
        IBackingServer server = resource switch
        {
            PostgresServerResource r => new PostgresServer(
                r.Name, port, await Text(r.UserNameReference), await Text(r.PasswordParameter), _state!, _ledger!, log.Write),
            RedisResource r => new RedisServer(r.Name, port, await Text(r.PasswordParameter!), _state!, _ledger!, log.Write),
            RabbitMQServerResource r => new RabbitMQServer(
                r.Name, port, r.ManagementEndpoint.Exists ? r.ManagementEndpoint.Port : null,
                await Text(r.UserNameReference), await Text(r.PasswordParameter), _state!, _ledger!, log.Write),
            _ => throw new DistributedApplicationException($"The default engine has no server for '{resource.Name}' ({resource.GetType().Name}). Use UseAspire=true."),
        };
        _servers.Add(server);
        return server;

        async Task<string> Text(IValueProvider value) => await value.GetValueAsync(cancellationToken) ?? string.Empty;
    }

    private async Task CleanUpAsync()
    {
        HasStarted = false;
        if (Dashboard is { } dashboard)
        {
            Dashboard = null;
            await dashboard.DisposeAsync();
        }

        var supervisors = _supervisors;
        _supervisors = [];
        foreach (var supervisor in supervisors)
        {
            await supervisor.DisposeAsync();
        }

        foreach (var server in _servers.ToList())
        {
            _servers.Remove(server);
            await server.DisposeAsync();
        }

        // The files of the logs lie in the folder that goes with an ephemeral stack's ledger.
        logs.CloseFiles();
        if (Interlocked.Exchange(ref _ledger, null) is { } ledger)
        {
            await ledger.DisposeAsync();
        }

        if (Interlocked.Exchange(ref _forwarder, null) is { } forwarder)
        {
            await forwarder.DisposeAsync();
        }

        Interlocked.Exchange(ref _state, null)?.Dispose();
    }

    private void Tell(string message)
    {
        if (OnMessage is { } print)
        {
            print(message);
        }
        else
        {
            _logger.LogInformation("{Message}", message);
        }
    }
}
