using System.Reflection;
using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting.Testing;

internal sealed class TestingBuilder(EntryPoint entryPoint, DistributedApplicationBuilder inner) : IDistributedApplicationTestingBuilder
{
    public DistributedApplicationBuilder Inner { get; } = inner;

    public ConfigurationManager Configuration => Inner.Configuration;

    public IHostEnvironment Environment => Inner.Environment;

    public string AppHostDirectory => Inner.AppHostDirectory;

    public Assembly? AppHostAssembly => Inner.AppHostAssembly;

    public IServiceCollection Services => Inner.Services;

    public DistributedApplicationExecutionContext ExecutionContext => Inner.ExecutionContext;

    public IResourceCollection Resources => Inner.Resources;

    public IResourceBuilder<T> AddResource<T>(T resource)
        where T : IResource
        => Inner.AddResource(resource);

    public IResourceBuilder<T> CreateResourceBuilder<T>(T resource)
        where T : IResource
        => Inner.CreateResourceBuilder(resource);

    public DistributedApplication Build() => BuildAsync().GetAwaiter().GetResult();

    public Task<DistributedApplication> BuildAsync(CancellationToken cancellationToken = default) => entryPoint.BuildAsync(cancellationToken);

    // An entry point that is never let go on would keep its thread: it ends with an exception instead.
    public void Dispose() => entryPoint.Abandon();

    public ValueTask DisposeAsync()
    {
        Dispose();
        return ValueTask.CompletedTask;
    }
}
