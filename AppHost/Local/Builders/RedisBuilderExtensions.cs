using System.Globalization;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Local.Engine;

namespace Aspire.Hosting;

public static class RedisBuilderExtensions
{
    private const int RedisPort = 6379;

    public static IResourceBuilder<RedisResource> AddRedis(this IDistributedApplicationBuilder builder, string name, int? port)
        => builder.AddRedis(name, port, password: null);

    /// <param name="password">Generated as <c>{name}-password</c> when null.</param>
    public static IResourceBuilder<RedisResource> AddRedis(
        this IDistributedApplicationBuilder builder, string name, int? port = null, IResourceBuilder<ParameterResource>? password = null)
    {
        ArgumentNullException.ThrowIfNull(builder);

        // No special characters: a comma would end the password in a connection string.
        var passwordParameter = password?.Resource
            ?? ParameterResourceBuilderExtensions.CreateDefaultPasswordParameter(builder, $"{name}-password", special: false);
        var redis = new RedisResource(name, passwordParameter) { Entrypoint = "/bin/sh" };
        redis.Annotations.Add(new CommandLineArgumentsAnnotation(["-c", new RedisCommandLine(redis)]));
        return builder.AddResource(redis)
            .WithEndpoint(port: port, targetPort: RedisPort, scheme: "redis", name: RedisResource.PrimaryEndpointName)
            .WithImage("library/redis", "8.6")
            .WithEnvironment(context => context.EnvironmentVariables["REDIS_PASSWORD"] = passwordParameter)
            .UseExternalConnectionIfConfigured()
            .WithAnnotation(ConnectionProbe.Redis(redis, $"{name}_check"));
    }

    public static IResourceBuilder<RedisResource> WithDataVolume(this IResourceBuilder<RedisResource> builder, string? name = null, bool isReadOnly = false)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.WithVolume(name, "/data", isReadOnly);
        return isReadOnly ? builder : builder.WithPersistence();
    }

    /// <param name="interval">60 s when null.</param>
    public static IResourceBuilder<RedisResource> WithPersistence(
        this IResourceBuilder<RedisResource> builder, TimeSpan? interval = null, long keysChangedThreshold = 1)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.WithAnnotation(
            new RedisPersistenceAnnotation(interval ?? TimeSpan.FromSeconds(60), keysChangedThreshold), ResourceAnnotationMutationBehavior.Replace);
    }

    public static IResourceBuilder<RedisResource> WithHostPort(this IResourceBuilder<RedisResource> builder, int? port)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Resource.PrimaryEndpoint.EndpointAnnotation.Port = port;
        return builder;
    }

    /// <summary>The container's command: read when it is written, because persistence may be asked for after the server was added.</summary>
    private sealed class RedisCommandLine(RedisResource redis)
    {
        public override string ToString()
        {
            const string command = "redis-server --requirepass $REDIS_PASSWORD";
            return redis.LastAnnotation<RedisPersistenceAnnotation>() is { } persistence
                ? string.Create(CultureInfo.InvariantCulture, $"{command} --save {persistence.Interval.TotalSeconds} {persistence.KeysChangedThreshold}")
                : command;
        }
    }
}
