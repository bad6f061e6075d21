namespace Gateway.Routing;

/// <summary>
/// Service discovery by configuration: the instances of a service are <c>services:{name}:http:{n}</c>, read anew whenever the
/// configuration changes. A service without an instance is not deployed.
/// </summary>
internal static class ServiceAddresses
{
    /// <summary>Instance number and address, without a slash at its end.</summary>
    public static IReadOnlyDictionary<string, string> InstancesOf(this IConfiguration configuration, string service)
        => configuration.GetSection($"services:{service}:http").GetChildren()
            .Where(instance => Uri.TryCreate(instance.Value, UriKind.Absolute, out _))
            .ToDictionary(instance => instance.Key, instance => instance.Value!.TrimEnd('/'), StringComparer.Ordinal);
}
