namespace Aspire.Hosting.Testing;

/// <summary>
/// Runs the <c>Main</c> of an AppHost and holds it where it builds the application, so that a test has its app model. Ports are
/// random, there is no dashboard, and the consoles of resources go to logging.
/// </summary>
public static class DistributedApplicationTestingBuilder
{
    public static Task<IDistributedApplicationTestingBuilder> CreateAsync<TEntryPoint>(CancellationToken cancellationToken = default)
        where TEntryPoint : class
        => RunAsync(typeof(TEntryPoint), [], Nothing, cancellationToken);

    public static Task<IDistributedApplicationTestingBuilder> CreateAsync<TEntryPoint>(string[] args, CancellationToken cancellationToken = default)
        where TEntryPoint : class
        => RunAsync(typeof(TEntryPoint), args, Nothing, cancellationToken);

    public static Task<IDistributedApplicationTestingBuilder> CreateAsync<TEntryPoint>(
        string[] args, Action<DistributedApplicationOptions, HostApplicationBuilderSettings> configureBuilder, CancellationToken cancellationToken = default)
        where TEntryPoint : class
        => RunAsync(typeof(TEntryPoint), args, configureBuilder, cancellationToken);

    public static Task<IDistributedApplicationTestingBuilder> CreateAsync(Type entryPoint, CancellationToken cancellationToken = default)
        => RunAsync(entryPoint, [], Nothing, cancellationToken);

    public static Task<IDistributedApplicationTestingBuilder> CreateAsync(Type entryPoint, string[] args, CancellationToken cancellationToken = default)
        => RunAsync(entryPoint, args, Nothing, cancellationToken);

    public static Task<IDistributedApplicationTestingBuilder> CreateAsync(
        Type entryPoint, string[] args, Action<DistributedApplicationOptions, HostApplicationBuilderSettings> configureBuilder,
        CancellationToken cancellationToken = default)
        => RunAsync(entryPoint, args, configureBuilder, cancellationToken);

    internal static IDistributedApplicationBuilder Unwrap(IDistributedApplicationBuilder builder)
        => builder is TestingBuilder testing ? testing.Inner : builder;

    private static async Task<IDistributedApplicationTestingBuilder> RunAsync(
        Type entryPoint, string[] args, Action<DistributedApplicationOptions, HostApplicationBuilderSettings> configureBuilder,
        CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(entryPoint);
        ArgumentNullException.ThrowIfNull(args);
        ArgumentNullException.ThrowIfNull(configureBuilder);
        var running = new EntryPoint(entryPoint.Assembly, args, configureBuilder);
        return new TestingBuilder(running, await running.StartAsync(cancellationToken));
    }

    private static void Nothing(DistributedApplicationOptions options, HostApplicationBuilderSettings settings)
    {
    }
}
