using System.Globalization;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Local.Engine;

namespace Aspire.Hosting;

public static class PostgresBuilderExtensions
{
    private const int PostgresPort = 5432;

    /// <param name="userName"><c>postgres</c> when null.</param>
    /// <param name="password">Generated as <c>{name}-password</c> when null.</param>
    public static IResourceBuilder<PostgresServerResource> AddPostgres(
        this IDistributedApplicationBuilder builder, string name,
        IResourceBuilder<ParameterResource>? userName = null, IResourceBuilder<ParameterResource>? password = null, int? port = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        var server = new PostgresServerResource(
            name, userName?.Resource, password?.Resource ?? ParameterResourceBuilderExtensions.CreateDefaultPasswordParameter(builder, $"{name}-password"));
        return builder.AddResource(server)
            .WithEndpoint(port: port, targetPort: PostgresPort, name: PostgresServerResource.PrimaryEndpointName)
            .WithImage("library/postgres", "18.3")
            .WithEnvironment("POSTGRES_HOST_AUTH_METHOD", "scram-sha-256")
            .WithEnvironment("POSTGRES_INITDB_ARGS", "--auth-host=scram-sha-256 --auth-local=scram-sha-256")
            .WithEnvironment(context =>
            {
                context.EnvironmentVariables["POSTGRES_USER"] = server.UserNameReference;
                context.EnvironmentVariables["POSTGRES_PASSWORD"] = server.PasswordParameter;
            })
            .UseExternalConnectionIfConfigured()
            .WithAnnotation(ConnectionProbe.Postgres(server, $"{name}_check", maintenance: true))
            .WithAnnotation(new ReadyCallbackAnnotation(cancellationToken => DatabaseCreation.EnsureAsync(server, builder.Resources, cancellationToken)));
    }

    /// <param name="databaseName">The name on the server; the resource's when null. Created when it is missing.</param>
    public static IResourceBuilder<PostgresDatabaseResource> AddDatabase(
        this IResourceBuilder<PostgresServerResource> builder, string name, string? databaseName = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        var database = new PostgresDatabaseResource(name, databaseName ?? name, builder.Resource);
        var added = builder.ApplicationBuilder.AddResource(database)
            .UseExternalConnectionIfConfigured()
            .WithAnnotation(ConnectionProbe.Postgres(database, $"{name}_check", maintenance: false));
        builder.Resource.AddDatabase(name, database.DatabaseName);
        return added;
    }

    public static IResourceBuilder<PostgresServerResource> WithDataVolume(
        this IResourceBuilder<PostgresServerResource> builder, string? name = null, bool isReadOnly = false)
    {
        ArgumentNullException.ThrowIfNull(builder);

        // From version 18 the image keeps its data one folder higher.
        var tag = builder.Resource.LastAnnotation<ContainerImageAnnotation>()?.Tag;
        var isBefore18 = int.TryParse(tag?.Split('.', '-')[0], CultureInfo.InvariantCulture, out var major) && major < 18;
        return builder.WithVolume(name, isBefore18 ? "/var/lib/postgresql/data" : "/var/lib/postgresql", isReadOnly);
    }

    public static IResourceBuilder<PostgresServerResource> WithHostPort(this IResourceBuilder<PostgresServerResource> builder, int? port)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Resource.PrimaryEndpoint.EndpointAnnotation.Port = port;
        return builder;
    }
}
