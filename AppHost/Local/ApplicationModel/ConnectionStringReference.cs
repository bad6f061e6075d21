namespace Aspire.Hosting.ApplicationModel;

/// <summary>The connection string of a resource as the value of a variable.</summary>
public class ConnectionStringReference(IResourceWithConnectionString resource, bool optional)
    : IValueProvider, IManifestExpressionProvider, IValueWithReferences
{
    public IResourceWithConnectionString Resource { get; } = resource;

    /// <summary>Whether it may be missing.</summary>
    public bool Optional { get; } = optional;

    string IManifestExpressionProvider.ValueExpression => ((IManifestExpressionProvider)Resource).ValueExpression;

    IEnumerable<object> IValueWithReferences.References => [Resource];

    async ValueTask<string?> IValueProvider.GetValueAsync(CancellationToken cancellationToken)
    {
        try
        {
            if (await Resource.GetConnectionStringAsync(cancellationToken) is { Length: > 0 } value)
            {
                return value;
            }
        }
        catch (DistributedApplicationException) when (Optional)
        {
            return null;
        }

        return Optional ? null : throw new DistributedApplicationException($"The connection string of '{Resource.Name}' is not available.");
    }
}
