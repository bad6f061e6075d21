using System.Reflection;
using Aspire.Hosting.Local.Configuration;

namespace Aspire.Hosting.Testing;

/// <summary>The <c>Main</c> of an AppHost on a thread of its own, stopped at the places where a test takes part.</summary>
internal sealed class EntryPoint(
    Assembly assembly, string[] args, Action<DistributedApplicationOptions, HostApplicationBuilderSettings> configure)
{
    private static readonly AsyncLocal<EntryPoint?> Running = new();

    // Same patience as Aspire's: an entry point that never builds an application is a mistake, not slow.
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    private readonly TaskCompletionSource<DistributedApplicationBuilder> _builder = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<DistributedApplication> _application = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _goOn = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>The entry point that runs on this thread, if a test started it.</summary>
    public static EntryPoint? Current => Running.Value;

    public Assembly Assembly { get; } = assembly;

    /// <summary>Runs <c>Main</c> until it builds the application.</summary>
    public async Task<DistributedApplicationBuilder> StartAsync(CancellationToken cancellationToken)
    {
        var main = Assembly.EntryPoint ?? throw new InvalidOperationException($"'{Assembly.GetName().Name}' has no entry point.");
        new Thread(() => Run(main)) { IsBackground = true, Name = $"{Assembly.GetName().Name} entry point" }.Start();
        return await _builder.Task.WaitAsync(Patience, cancellationToken);
    }

    /// <summary>Called when the builder is made: what differs in a test.</summary>
    public void Configure(DistributedApplicationOptions options, HostApplicationBuilderSettings settings)
    {
        options.DisableDashboard = true;
        options.EnableResourceLogging = true;
        options.AllowUnsecuredTransport = true;
        var values = new Dictionary<string, string?>(StringComparer.OrdinalIgnoreCase) { ["DcpPublisher:RandomizePorts"] = "true" };
        if (AppHostMetadata.ProjectDirectory(Assembly) is { } directory && LaunchProfile.Read(directory) is { } profile)
        {
            foreach (var (name, value) in profile.EnvironmentVariables)
            {
                values[name] = value;
                values[WithoutPrefix(name)] = value;
            }
        }

        settings.Configuration!.AddInMemoryCollection(values);
        configure(options, settings);
        options.Args = [.. options.Args ?? []];
    }

    /// <summary>Called by <c>Build</c>: gives the builder to the test and waits for it.</summary>
    public void WaitForBuild(DistributedApplicationBuilder builder)
    {
        _builder.TrySetResult(builder);
        _goOn.Task.GetAwaiter().GetResult();
    }

    public void Built(DistributedApplication application) => _application.TrySetResult(application);

    public Task<DistributedApplication> BuildAsync(CancellationToken cancellationToken)
    {
        _goOn.TrySetResult();
        return _application.Task.WaitAsync(cancellationToken);
    }

    public void Abandon() => _goOn.TrySetException(new HostAbortedException());

    private static string WithoutPrefix(string name)
        => name.StartsWith("DOTNET_", StringComparison.Ordinal) || name.StartsWith("ASPIRE_", StringComparison.Ordinal)
            ? name[(name.IndexOf('_', StringComparison.Ordinal) + 1)..]
            : name;

    private void Run(MethodInfo main)
    {
        Running.Value = this;
        try
        {
            object?[] parameters = main.GetParameters().Length == 0 ? [] : [args];
            if (main.Invoke(null, BindingFlags.DoNotWrapExceptions, binder: null, parameters, culture: null) is Task task)
            {
                task.GetAwaiter().GetResult();
            }

            Fail(new InvalidOperationException("The entry point ended without building an application."));
        }
        catch (Exception exception)
        {
            Fail(exception);
        }
    }

    private void Fail(Exception exception)
    {
        // Whoever waits first is told; after the application was built nobody does, and its end is no failure.
        if (!_builder.TrySetException(exception))
        {
            _application.TrySetException(exception);
        }
    }
}
