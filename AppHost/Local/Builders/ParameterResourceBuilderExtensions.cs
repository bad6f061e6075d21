using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Local.Configuration;

namespace Aspire.Hosting;

public static class ParameterResourceBuilderExtensions
{
    /// <summary>A value that somebody has to give: <c>Parameters:{name}</c>.</summary>
    public static IResourceBuilder<ParameterResource> AddParameter(this IDistributedApplicationBuilder builder, string name, bool secret = false)
    {
        var store = Store(builder);
        return builder.AddResource(new ParameterResource(name, @default => store.Value(name, @default), secret));
    }

    /// <summary>A value that stands in the app model; configuration does not change it.</summary>
    /// <exception cref="ArgumentException">A secret would be published.</exception>
    public static IResourceBuilder<ParameterResource> AddParameter(
        this IDistributedApplicationBuilder builder, string name, string value, bool publishValueAsDefault = false, bool secret = false)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(value);
        if (publishValueAsDefault && secret)
        {
            throw new ArgumentException("A secret cannot be published as a default.", nameof(secret));
        }

        return builder.AddResource(new ParameterResource(name, _ => value, secret)
        {
            Default = publishValueAsDefault ? new ConstantParameterDefault(value) : null,
        });
    }

    /// <param name="value">The value when none is configured.</param>
    /// <param name="persist">Whether a generated value is kept in AppHost's user secrets.</param>
    public static IResourceBuilder<ParameterResource> AddParameter(
        this IDistributedApplicationBuilder builder, string name, ParameterDefault value, bool secret = false, bool persist = false)
    {
        ArgumentNullException.ThrowIfNull(value);
        var store = Store(builder);
        return builder.AddResource(new ParameterResource(name, @default => store.Value(name, @default, keep: persist), secret) { Default = value });
    }

    /// <summary>A server that this application does not start: its connection string is <c>ConnectionStrings:{name}</c>.</summary>
    public static IResourceBuilder<IResourceWithConnectionString> AddConnectionString(
        this IDistributedApplicationBuilder builder, string name, string? environmentVariableName = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.AddResource(new ConnectionStringParameterResource(
            name,
            _ => builder.Configuration.GetConnectionString(name)
                ?? throw new DistributedApplicationException($"The connection string '{name}' is missing. Set ConnectionStrings__{name}."),
            environmentVariableName));
    }

    /// <summary>A generated password that is kept, and is no resource of its own in the model.</summary>
    public static ParameterResource CreateDefaultPasswordParameter(
        IDistributedApplicationBuilder builder, string name,
        bool lower = true, bool upper = true, bool numeric = true, bool special = true,
        int minLower = 0, int minUpper = 0, int minNumeric = 0, int minSpecial = 0)
    {
        var store = Store(builder);
        return new ParameterResource(name, @default => store.Value(name, @default, keep: true, isServerPassword: true), secret: true)
        {
            Default = new GenerateParameterDefault
            {
                Lower = lower,
                Upper = upper,
                Numeric = numeric,
                Special = special,
                MinLower = minLower,
                MinUpper = minUpper,
                MinNumeric = minNumeric,
                MinSpecial = minSpecial,
            },
        };
    }

    private static ParameterStore Store(IDistributedApplicationBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return ((DistributedApplicationBuilder)Testing.DistributedApplicationTestingBuilder.Unwrap(builder)).Parameters;
    }
}
