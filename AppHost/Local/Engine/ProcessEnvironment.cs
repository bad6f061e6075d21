using System.Collections;
using System.Globalization;
using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting.Local.Engine;

/// <summary>One variable of a process.</summary>
/// <param name="IsSecret">The value is a secret or contains one.</param>
internal sealed record ProcessVariable(string Name, string Value, bool IsSecret);

/// <summary>Where services send their telemetry.</summary>
internal sealed record TelemetryTarget(Uri Endpoint, string ApiKey);

/// <summary>The environment of a project or program, variable by variable as Aspire sets it.</summary>
internal sealed class ProcessEnvironment(
    DistributedApplicationExecutionContext executionContext, TelemetryTarget? telemetry, bool isDevelopment)
{
    // Those of AppHost itself: its own address, launch profile and settings, and secrets that belong to one service only.
    private static readonly string[] NotInherited = ["ASPNETCORE_URLS", "ASPNETCORE_HTTP_PORTS", "ASPNETCORE_HTTPS_PORTS", "DOTNET_LAUNCH_PROFILE"];
    private static readonly string[] PrefixesNotInherited = ["Parameters__", "ConnectionStrings__", "ASPIRE_", "AppHost__", "services__"];

    public async Task<IReadOnlyList<ProcessVariable>> ResolveAsync(ResourceInstance instance, CancellationToken cancellationToken)
    {
        var resource = instance.Resource;
        var context = new EnvironmentCallbackContext(executionContext, resource, cancellationToken: cancellationToken);
        var variables = context.EnvironmentVariables;
        if (resource is ProjectResource)
        {
            AddProjectDefaults(variables, instance);
        }

        foreach (var annotation in resource.Annotations.OfType<EnvironmentCallbackAnnotation>().ToList())
        {
            await annotation.Callback(context);
        }

        if (resource is ProjectResource)
        {
            AddLaunchProfile(variables, resource);
            AddUrls(variables, instance);
        }

        var resolved = new List<ProcessVariable>();
        foreach (var (name, value) in variables)
        {
            if (await ValueAsync(value, instance, cancellationToken) is { } text)
            {
                resolved.Add(new(name, text, IsSecret(value)));
            }
        }

        return resolved;
    }

    /// <summary>What is laid over the inherited environment: the variables, and null for what shall not be inherited.</summary>
    public static IReadOnlyDictionary<string, string?> Overlay(IEnumerable<ProcessVariable> variables)
    {
        var overlay = new Dictionary<string, string?>(StringComparer.Ordinal);
        foreach (DictionaryEntry entry in Environment.GetEnvironmentVariables())
        {
            var name = (string)entry.Key;
            if (NotInherited.Contains(name, StringComparer.OrdinalIgnoreCase)
                || PrefixesNotInherited.Any(p => name.StartsWith(p, StringComparison.OrdinalIgnoreCase)))
            {
                overlay[name] = null;
            }
        }

        foreach (var variable in variables)
        {
            overlay[variable.Name] = variable.Value;
        }

        return overlay;
    }

    /// <summary>The arguments as text, in order.</summary>
    public static async Task<IReadOnlyList<string>> ArgumentsAsync(ResourceInstance instance, CancellationToken cancellationToken)
    {
        var arguments = new List<string>();
        foreach (var argument in instance.Resource.Annotations.OfType<CommandLineArgumentsAnnotation>().SelectMany(a => a.Arguments))
        {
            arguments.Add(await ValueAsync(argument, instance, cancellationToken) ?? string.Empty);
        }

        return arguments;
    }

    private static async Task<string?> ValueAsync(object value, ResourceInstance instance, CancellationToken cancellationToken) => value switch
    {
        // Each replica has a port of its own.
        EndpointReferenceExpression { Property: EndpointProperty.TargetPort } port when port.Endpoint.Resource == instance.Resource
            => instance.Port(port.Endpoint.EndpointName).ToString(CultureInfo.InvariantCulture),
        IValueProvider provider => await provider.GetValueAsync(cancellationToken),
        _ => Convert.ToString(value, CultureInfo.InvariantCulture),
    };

    private static bool IsSecret(object value) => value switch
    {
        ParameterResource parameter => parameter.Secret,
        IResourceWithConnectionString or ConnectionStringReference => true,
        IValueWithReferences references => references.References.Any(IsSecret),
        _ => false,
    };

    private void AddProjectDefaults(Dictionary<string, object> variables, ResourceInstance instance)
    {
        if (telemetry is not null)
        {
            variables["OTEL_EXPORTER_OTLP_ENDPOINT"] = telemetry.Endpoint.GetLeftPart(UriPartial.Authority);
            variables["OTEL_EXPORTER_OTLP_PROTOCOL"] = "http/protobuf";
            variables["OTEL_EXPORTER_OTLP_HEADERS"] = ReferenceExpression.Create($"x-otlp-api-key={new ApiKey(telemetry.ApiKey)}");
            variables["OTEL_SERVICE_NAME"] = instance.Resource.Name;
            variables["OTEL_RESOURCE_ATTRIBUTES"] = $"service.instance.id={instance.Suffix}";
            if (isDevelopment)
            {
                // At once instead of every 5 s or 60 s, and everything. (Aspire also shows the queries of URLs; ours carry tokens.)
                variables["OTEL_BSP_SCHEDULE_DELAY"] = "1000";
                variables["OTEL_BLRP_SCHEDULE_DELAY"] = "1000";
                variables["OTEL_METRIC_EXPORT_INTERVAL"] = "1000";
                variables["OTEL_TRACES_SAMPLER"] = "always_on";
                variables["OTEL_METRICS_EXEMPLAR_FILTER"] = "trace_based";
            }
        }

        variables["LOGGING__CONSOLE__FORMATTERNAME"] = "simple";
        variables["DOTNET_SYSTEM_CONSOLE_ALLOW_ANSI_COLOR_REDIRECTION"] = "true";
    }

    private static void AddLaunchProfile(Dictionary<string, object> variables, IResource resource)
    {
        if (resource.LastAnnotation<LaunchProfileAnnotation>() is not { } profile)
        {
            return;
        }

        variables.TryAdd("DOTNET_LAUNCH_PROFILE", profile.Name);
        foreach (var (name, value) in profile.Variables)
        {
            variables.TryAdd(name, Environment.ExpandEnvironmentVariables(value));
        }
    }

    private static void AddUrls(Dictionary<string, object> variables, ResourceInstance instance)
    {
        var endpoints = instance.Resource.Endpoints().Where(e => e.IsHttp && e.PortVariable is null).ToList();
        if (endpoints.Count == 0 || variables.ContainsKey("ASPNETCORE_URLS") || HasKestrelEndpoints(instance.Resource))
        {
            return;
        }

        variables["ASPNETCORE_URLS"] = string.Join(';', endpoints.Select(e => string.Create(
            CultureInfo.InvariantCulture, $"{e.UriScheme}://{e.TargetHost}:{instance.Port(e.Name)}")));
        if (endpoints.Find(e => e.UriScheme == "https") is { } https)
        {
            variables["ASPNETCORE_HTTPS_PORT"] = instance.Port(https.Name).ToString(CultureInfo.InvariantCulture);
        }
    }

    // A project that says itself where it listens is not told.
    private static bool HasKestrelEndpoints(IResource resource)
    {
        var directory = Path.GetDirectoryName(resource.Annotations.OfType<IProjectMetadata>().Last().ProjectPath)!;
        return new ConfigurationBuilder()
            .AddJsonFile(Path.Combine(directory, "appsettings.json"), optional: true)
            .Build()
            .GetSection("Kestrel:Endpoints").GetChildren().Any();
    }

    private sealed class ApiKey(string value) : IValueProvider, IManifestExpressionProvider, IValueWithReferences
    {
        // Only ever asked for while running; marks the header as secret.
        public string ValueExpression => string.Empty;

        public IEnumerable<object> References => [new ParameterResource("otlp-api-key", _ => value, secret: true)];

        public ValueTask<string?> GetValueAsync(CancellationToken cancellationToken = default) => ValueTask.FromResult<string?>(value);
    }
}
