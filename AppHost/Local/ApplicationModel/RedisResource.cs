namespace Aspire.Hosting.ApplicationModel;

/// <summary>A Redis server.</summary>
public class RedisResource : ContainerResource, IResourceWithConnectionString
{
    internal const string PrimaryEndpointName = "tcp";

    public RedisResource(string name, ParameterResource password)
        : this(name)
        => PasswordParameter = password;

    public RedisResource(string name)
        : base(name)
        => PrimaryEndpoint = new(this, PrimaryEndpointName);

    public EndpointReference PrimaryEndpoint { get; }

    public EndpointReferenceExpression Host => PrimaryEndpoint.Property(EndpointProperty.Host);

    public EndpointReferenceExpression Port => PrimaryEndpoint.Property(EndpointProperty.Port);

    public ParameterResource? PasswordParameter { get; }

    public ReferenceExpression ConnectionStringExpression
    {
        get
        {
            if (this.ExternalConnection() is { } external)
            {
                return external;
            }

            var address = PrimaryEndpoint.Property(EndpointProperty.HostAndPort);
            var tls = new ConditionalExpression(
                $"{{{Name}.bindings.{PrimaryEndpointName}.tlsEnabled}}", ReferenceExpression.Create($",ssl=true"), ReferenceExpression.Empty);
            return PasswordParameter is { } password
                ? ReferenceExpression.Create($"{address},password={password}{tls}")
                : ReferenceExpression.Create($"{address}{tls}");
        }
    }

    public ReferenceExpression UriExpression
    {
        get
        {
            var scheme = PrimaryEndpoint.Property(EndpointProperty.Scheme);
            return PasswordParameter is { } password
                ? ReferenceExpression.Create($"{scheme}://:{password:uri}@{Host}:{Port}")
                : ReferenceExpression.Create($"{scheme}://{Host}:{Port}");
        }
    }

    IEnumerable<KeyValuePair<string, ReferenceExpression>> IResourceWithConnectionString.GetConnectionProperties()
    {
        if (this.ExternalConnection() is not null)
        {
            yield break;
        }

        yield return new("Host", ReferenceExpression.Create($"{Host}"));
        yield return new("Port", ReferenceExpression.Create($"{Port}"));
        if (PasswordParameter is { } password)
        {
            yield return new("Password", ReferenceExpression.Create($"{password}"));
        }

        yield return new("Uri", UriExpression);
    }
}
