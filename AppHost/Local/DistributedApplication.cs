using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Local.Engine;
using Aspire.Hosting.Publishing;
using Aspire.Hosting.Testing;

namespace Aspire.Hosting;

/// <summary>The application: every server and project, started in order of their dependencies and stopped in reverse.</summary>
public class DistributedApplication : IHost, IAsyncDisposable
{
    private readonly IHost _host;
    private readonly bool _runsInTest;

    public DistributedApplication(IHost host)
        : this(host, runsInTest: false)
    {
    }

    internal DistributedApplication(IHost host, bool runsInTest)
    {
        ArgumentNullException.ThrowIfNull(host);
        _host = host;
        _runsInTest = runsInTest;
    }

    public IServiceProvider Services => _host.Services;

    public ResourceNotificationService ResourceNotifications => Services.GetRequiredService<ResourceNotificationService>();

    public ResourceCommandService ResourceCommands => Services.GetRequiredService<ResourceCommandService>();

    public static IDistributedApplicationBuilder CreateBuilder() => CreateBuilder([]);

    public static IDistributedApplicationBuilder CreateBuilder(string[] args) => CreateBuilder(new DistributedApplicationOptions { Args = args });

    public static IDistributedApplicationBuilder CreateBuilder(DistributedApplicationOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        return new DistributedApplicationBuilder(options);
    }

    public void Run() => RunAsync().GetAwaiter().GetResult();

    /// <summary>
    /// Starts, shows the start on the console, and returns when the application was stopped; or writes the manifest. A failure
    /// is told in words and makes the process's exit code 1.
    /// </summary>
    public virtual async Task RunAsync(CancellationToken cancellationToken = default)
    {
        if (EntryPoint.Current is not null)
        {
            // The test runs the application; the entry point, which called this, only waits for the end.
            await _host.WaitForShutdownAsync(cancellationToken);
        }
        else if (Services.GetRequiredService<DistributedApplicationExecutionContext>().IsPublishMode)
        {
            await PublishAsync(cancellationToken);
        }
        else if (_runsInTest)
        {
            await _host.StartAsync(cancellationToken);
            await _host.WaitForShutdownAsync(cancellationToken);
        }
        else
        {
            await using var _ = this;
            await Services.GetRequiredService<StartupConsole>().RunAsync(_host, cancellationToken);
        }
    }

    /// <summary>
    /// Finds or installs the servers, chooses ports and begins to start every resource. It does not wait until they are
    /// healthy; <see cref="ResourceNotificationService.WaitForResourceHealthyAsync(string, CancellationToken)"/> does.
    /// </summary>
    /// <exception cref="DistributedApplicationException">A server or a parameter is missing, or a port is taken.</exception>
    public virtual Task StartAsync(CancellationToken cancellationToken = default)
        => Services.GetRequiredService<DistributedApplicationExecutionContext>().IsPublishMode
            ? PublishAsync(cancellationToken)
            : _host.StartAsync(cancellationToken);

    public virtual Task StopAsync(CancellationToken cancellationToken = default) => _host.StopAsync(cancellationToken);

    public virtual void Dispose()
    {
        DisposeAsync().AsTask().GetAwaiter().GetResult();
        GC.SuppressFinalize(this);
    }

    public virtual async ValueTask DisposeAsync()
    {
        // Lets an entry point go on that waits for the end.
        Services.GetRequiredService<IHostApplicationLifetime>().StopApplication();

        // The engine, a service, ends what still runs: nobody who forgets to stop leaves processes behind.
        switch (_host)
        {
            case IAsyncDisposable disposable:
                await disposable.DisposeAsync();
                break;
            default:
                _host.Dispose();
                break;
        }

        GC.SuppressFinalize(this);
    }

    private Task PublishAsync(CancellationToken cancellationToken)
        => ActivatorUtilities.CreateInstance<ManifestPublisher>(Services).PublishAsync(cancellationToken);
}
