using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Local.Engine;

namespace Aspire.Hosting;

public static class RabbitMQBuilderExtensions
{
    private const int AmqpPort = 5672;
    private const int ManagementPort = 15672;

    /// <param name="userName"><c>guest</c> when null.</param>
    /// <param name="password">Generated as <c>{name}-password</c> when null.</param>
    public static IResourceBuilder<RabbitMQServerResource> AddRabbitMQ(
        this IDistributedApplicationBuilder builder, string name,
        IResourceBuilder<ParameterResource>? userName = null, IResourceBuilder<ParameterResource>? password = null, int? port = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        var passwordParameter = password?.Resource
            ?? ParameterResourceBuilderExtensions.CreateDefaultPasswordParameter(builder, $"{name}-password", special: false);
        var broker = new RabbitMQServerResource(name, userName?.Resource, passwordParameter);
        return builder.AddResource(broker)
            .WithEndpoint(port: port, targetPort: AmqpPort, name: RabbitMQServerResource.PrimaryEndpointName)
            .WithImage("library/rabbitmq", "4.3")
            .WithEnvironment(context =>
            {
                context.EnvironmentVariables["RABBITMQ_DEFAULT_USER"] = broker.UserNameReference;
                context.EnvironmentVariables["RABBITMQ_DEFAULT_PASS"] = broker.PasswordParameter;
            })
            .UseExternalConnectionIfConfigured()
            .WithAnnotation(ConnectionProbe.RabbitMQ(broker, $"{name}_check"));
    }

    public static IResourceBuilder<RabbitMQServerResource> WithDataVolume(
        this IResourceBuilder<RabbitMQServerResource> builder, string? name = null, bool isReadOnly = false)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.WithVolume(name, "/var/lib/rabbitmq", isReadOnly);
    }

    public static IResourceBuilder<RabbitMQServerResource> WithManagementPlugin(this IResourceBuilder<RabbitMQServerResource> builder)
        => builder.WithManagementPlugin(port: null);

    /// <summary>Adds RabbitMQ's own pages: endpoint <c>management</c>.</summary>
    public static IResourceBuilder<RabbitMQServerResource> WithManagementPlugin(this IResourceBuilder<RabbitMQServerResource> builder, int? port)
    {
        ArgumentNullException.ThrowIfNull(builder);
        const string variant = "-management";
        var image = builder.Resource.LastAnnotation<ContainerImageAnnotation>()!;
        if (image.Tag is { } tag && !tag.EndsWith(variant, StringComparison.Ordinal))
        {
            image.Tag = tag + variant;
        }

        return builder.WithHttpEndpoint(port: port, targetPort: ManagementPort, name: RabbitMQServerResource.ManagementEndpointName);
    }
}
