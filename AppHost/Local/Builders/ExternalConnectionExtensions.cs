using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting;

internal static class ExternalConnectionExtensions
{
    /// <summary>Uses the server that configuration names (<c>ConnectionStrings:{name}</c>) instead of starting one.</summary>
    public static IResourceBuilder<T> UseExternalConnectionIfConfigured<T>(this IResourceBuilder<T> builder)
        where T : IResourceWithConnectionString
    {
        var application = builder.ApplicationBuilder;
        return application.ExecutionContext.IsRunMode && application.Configuration.GetConnectionString(builder.Resource.Name) is { Length: > 0 } connectionString
            ? builder.WithAnnotation(new ExternalConnectionAnnotation(connectionString))
            : builder;
    }
}
