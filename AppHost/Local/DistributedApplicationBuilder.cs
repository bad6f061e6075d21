using System.Reflection;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Local.Configuration;
using Aspire.Hosting.Local.Engine;
using Aspire.Hosting.Testing;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Aspire.Hosting;

internal sealed class DistributedApplicationBuilder : IDistributedApplicationBuilder
{
    private readonly HostApplicationBuilder _host;
    private readonly EntryPoint? _entryPoint;
    private readonly ResourceCollection _resources = [];

    public DistributedApplicationBuilder(DistributedApplicationOptions options)
    {
        // A test that runs the AppHost's entry point has its say first.
        var settings = new HostApplicationBuilderSettings { DisableDefaults = true, Configuration = new ConfigurationManager() };
        _entryPoint = EntryPoint.Current;
        _entryPoint?.Configure(options, settings);

        AppHostAssembly = _entryPoint?.Assembly
            ?? (options.AssemblyName is { } name ? Assembly.Load(new AssemblyName(name)) : Assembly.GetEntryAssembly());
        AppHostDirectory = Path.GetFullPath(options.ProjectDirectory ?? AppHostMetadata.ProjectDirectory(AppHostAssembly) ?? Directory.GetCurrentDirectory());

        settings.Configuration!.AddAppHostSources(options.Args ?? [], AppHostDirectory, AppHostAssembly, out var environmentName);
        settings.EnvironmentName ??= environmentName;
        settings.ContentRootPath ??= AppHostDirectory;
        settings.ApplicationName ??= AppHostAssembly?.GetName().Name;
        _host = new HostApplicationBuilder(settings);

        ExecutionContext = new(_host.Configuration.IsPublish()
            ? DistributedApplicationOperation.Publish
            : DistributedApplicationOperation.Run);
        Settings = new LocalSettings(_host.Configuration, options, AppHostDirectory);
        Parameters = new ParameterStore(_host.Configuration, _host.Environment, ExecutionContext, Settings.IsEphemeral, UserSecrets.PathOf(AppHostAssembly));

        _host.Logging.AddConfiguration(_host.Configuration.GetSection("Logging"));
        if (_entryPoint is null)
        {
            // A start that fails is told once, in words, by the console of the start.
            _host.Logging.AddSimpleConsole().AddFilter("Microsoft.Extensions.Hosting.Internal.Host", LogLevel.None);
        }

        AddServices(_host.Services);
    }

    public ConfigurationManager Configuration => _host.Configuration;

    public IHostEnvironment Environment => _host.Environment;

    public string AppHostDirectory { get; }

    public Assembly? AppHostAssembly { get; }

    public IServiceCollection Services => _host.Services;

    public DistributedApplicationExecutionContext ExecutionContext { get; }

    public IResourceCollection Resources => _resources;

    internal LocalSettings Settings { get; }

    internal ParameterStore Parameters { get; }

    public IResourceBuilder<T> AddResource<T>(T resource)
        where T : IResource
    {
        ArgumentNullException.ThrowIfNull(resource);
        if (_resources.TryGetByName(resource.Name, out var existing))
        {
            throw new DistributedApplicationException(
                $"There already is a resource named '{existing.Name}' ({existing.GetType().Name}); names are compared without case.");
        }

        _resources.Add(resource);
        return CreateResourceBuilder(resource);
    }

    public IResourceBuilder<T> CreateResourceBuilder<T>(T resource)
        where T : IResource
        => new ResourceBuilder<T>(this, resource);

    public DistributedApplication Build()
    {
        if (_entryPoint is null)
        {
            return BuildApplication();
        }

        _entryPoint.WaitForBuild(this);
        var application = BuildApplication();
        _entryPoint.Built(application);
        return application;
    }

    private DistributedApplication BuildApplication() => new(_host.Build(), runsInTest: _entryPoint is not null);

    private void AddServices(IServiceCollection services)
    {
        services.AddHttpClient();
        services.Configure<HostOptions>(o => o.ShutdownTimeout = ShutdownPlan.Total + TimeSpan.FromSeconds(5));
        services.Configure<ConsoleLifetimeOptions>(o => o.SuppressStatusMessages = true);
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton<IResourceCollection>(_resources);
        services.AddSingleton<DistributedApplicationModel>();
        services.AddSingleton(ExecutionContext);
        services.AddSingleton(Settings);
        services.AddSingleton(Parameters);
        services.AddSingleton(provider => new ResourceLoggerService(provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton(_ => new ResourceNotificationService(_resources));
        services.AddSingleton<ApplicationEngine>();
        services.AddSingleton(provider => new ResourceCommandService(provider.GetRequiredService<ApplicationEngine>()));
        services.AddSingleton<StartupConsole>();
        if (ExecutionContext.IsRunMode)
        {
            services.AddHostedService(provider => provider.GetRequiredService<ApplicationEngine>());
        }
    }
}
