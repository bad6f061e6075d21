using Microsoft.Extensions.DependencyInjection;

namespace OpenTelemetry;

/// <summary>What <see cref="OpenTelemetryServicesExtensions.AddOpenTelemetry"/> returns; the SDK's extension methods do the rest.</summary>
public sealed class OpenTelemetryBuilder(IServiceCollection services) : IOpenTelemetryBuilder
{
    public IServiceCollection Services { get; } = services;
}
