using System.Globalization;
using System.Net.Sockets;
using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting.Publishing;

/// <summary>
/// The app model as JSON, in the shape and order of Aspire's own publisher: the resources as they were added, then parameters
/// that are only referred to, then conditional values.
/// </summary>
internal sealed class ManifestWriter(ManifestPublishingContext context)
{
    // What a deployment tool is to choose gets a number from here on, so that two endpoints never share one.
    private const int FirstAllocatedPort = 8000;

    private readonly Dictionary<string, ParameterResource> _referenced = new(StringComparer.OrdinalIgnoreCase);
    private readonly Dictionary<string, ConditionalExpression> _conditionals = new(StringComparer.Ordinal);
    private readonly HashSet<string> _uriEncoded = new(StringComparer.OrdinalIgnoreCase);
    private readonly HashSet<int> _usedPorts = [];

    public async Task WriteAsync(DistributedApplicationModel model)
    {
        var writer = context.Writer;
        var published = model.Resources.Where(r => !r.Has<ExcludeFromManifestAnnotation>()).ToList();

        // A parameter is followed by its encoded form, which may only be asked for further down: look at everything first.
        foreach (var resource in published)
        {
            await CollectAsync(resource);
        }

        writer.WriteStartObject();
        writer.WriteStartObject("resources");
        foreach (var resource in published)
        {
            writer.WriteStartObject(resource.Name);
            await WriteAsync(resource);
            writer.WriteEndObject();
            WriteUriEncoded(resource);
        }

        foreach (var parameter in _referenced.Values.Where(p => !published.Contains(p)))
        {
            writer.WriteStartObject(parameter.Name);
            WriteParameter(parameter);
            writer.WriteEndObject();
            WriteUriEncoded(parameter);
        }

        foreach (var conditional in _conditionals.Values)
        {
            writer.WriteStartObject(conditional.Name);
            writer.WriteString("type", "value.v0");
            writer.WriteString("connectionString", Expression(conditional.WhenFalse));
            writer.WriteEndObject();
        }

        writer.WriteEndObject();
        writer.WriteEndObject();
        await writer.FlushAsync(context.CancellationToken);
    }

    private async Task CollectAsync(IResource resource)
    {
        if (resource is IResourceWithConnectionString source and not ParameterResource)
        {
            Collect(source.ConnectionStringExpression);
        }

        foreach (var argument in Arguments(resource))
        {
            Collect(argument);
        }

        foreach (var value in (await EnvironmentAsync(resource)).Values)
        {
            Collect(value);
        }
    }

    private void Collect(object? value)
    {
        switch (value)
        {
            case ConditionalExpression conditional:
                _conditionals.TryAdd(conditional.Name, conditional);
                break;
            case ReferenceExpression expression:
                foreach (var (provider, format) in expression.ValueProviders.Zip(expression.StringFormats))
                {
                    if (format is not null && provider is ParameterResource encoded)
                    {
                        _uriEncoded.Add(encoded.Name);
                    }

                    Collect(provider);
                }

                break;
            case ParameterResource parameter:
                _referenced.TryAdd(parameter.Name, parameter);
                break;
            case IResource:
                break;
            case IValueWithReferences references:
                foreach (var reference in references.References)
                {
                    Collect(reference);
                }

                break;
        }
    }

    private async Task WriteAsync(IResource resource)
    {
        switch (resource)
        {
            case ContainerResource container:
                await WriteContainerAsync(container);
                break;
            case ProjectResource project:
                await WriteProjectAsync(project);
                break;
            case ExecutableResource executable:
                await WriteExecutableAsync(executable);
                break;
            case ParameterResource parameter:
                WriteParameter(parameter);
                break;
            case IResourceWithConnectionString value:
                WriteValue(value);
                break;
            default:
                throw new DistributedApplicationException($"The manifest has no form for '{resource.Name}' ({resource.GetType().Name}).");
        }
    }

    private void WriteParameter(ParameterResource parameter)
    {
        var writer = context.Writer;
        writer.WriteString("type", "parameter.v0");
        if (parameter.IsConnectionString)
        {
            writer.WriteString("connectionString", $"{{{parameter.Name}.value}}");
        }

        writer.WriteString("value", $"{{{parameter.Name}.inputs.value}}");
        writer.WriteStartObject("inputs");
        writer.WriteStartObject("value");
        writer.WriteString("type", "string");
        if (parameter.Secret)
        {
            writer.WriteBoolean("secret", value: true);
        }

        if (parameter.Default is { } value)
        {
            writer.WriteStartObject("default");
            value.WriteToManifest(context);
            writer.WriteEndObject();
        }

        writer.WriteEndObject();
        writer.WriteEndObject();
    }

    private void WriteUriEncoded(IResource resource)
    {
        if (resource is not ParameterResource || !_uriEncoded.Contains(resource.Name))
        {
            return;
        }

        context.Writer.WriteStartObject(UriEncodedName(resource.Name));
        context.Writer.WriteString("type", "annotated.string");
        context.Writer.WriteString("value", $"{{{resource.Name}.value}}");
        context.Writer.WriteString("filter", "uri");
        context.Writer.WriteEndObject();
    }

    private void WriteValue(IResourceWithConnectionString resource)
    {
        context.Writer.WriteString("type", "value.v0");
        context.Writer.WriteString("connectionString", Expression(resource.ConnectionStringExpression));
    }

    private async Task WriteContainerAsync(ContainerResource container)
    {
        var writer = context.Writer;
        var image = container.LastAnnotation<ContainerImageAnnotation>()
            ?? throw new DistributedApplicationException($"'{container.Name}' has no image.");
        writer.WriteString("type", "container.v0");
        if (container is IResourceWithConnectionString source)
        {
            writer.WriteString("connectionString", Expression(source.ConnectionStringExpression));
        }

        writer.WriteString("image", $"{image.Registry}/{image.Image}:{image.Tag}");
        if (container.Entrypoint is { } entrypoint)
        {
            writer.WriteString("entrypoint", entrypoint);
        }

        WriteArguments(container);
        WriteVolumes(container);
        await WriteEnvironmentAsync(container);
        WriteBindings(container);
    }

    private async Task WriteProjectAsync(ProjectResource project)
    {
        var metadata = project.Annotations.OfType<IProjectMetadata>().Last();
        context.Writer.WriteString("type", "project.v0");
        context.Writer.WriteString("path", context.GetManifestRelativePath(metadata.ProjectPath));
        WriteArguments(project);
        await WriteEnvironmentAsync(project);
        WriteBindings(project);
    }

    private async Task WriteExecutableAsync(ExecutableResource executable)
    {
        context.Writer.WriteString("type", "executable.v0");
        context.Writer.WriteString("workingDirectory", context.GetManifestRelativePath(executable.WorkingDirectory));
        context.Writer.WriteString("command", executable.Command);
        WriteArguments(executable);
        await WriteEnvironmentAsync(executable);
        WriteBindings(executable);
    }

    private void WriteArguments(IResource resource)
    {
        var arguments = Arguments(resource).ToList();
        if (arguments.Count == 0)
        {
            return;
        }

        context.Writer.WriteStartArray("args");
        foreach (var argument in arguments)
        {
            context.Writer.WriteStringValue(Expression(argument));
        }

        context.Writer.WriteEndArray();
    }

    private void WriteVolumes(ContainerResource resource)
    {
        var volumes = resource.Annotations.OfType<VolumeAnnotation>().ToList();
        if (volumes.Count == 0)
        {
            return;
        }

        var writer = context.Writer;
        writer.WriteStartArray("volumes");
        foreach (var volume in volumes)
        {
            writer.WriteStartObject();
            writer.WriteString("name", volume.Name);
            writer.WriteString("target", volume.Target);
            writer.WriteBoolean("readOnly", volume.IsReadOnly);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    private async Task WriteEnvironmentAsync(IResource resource)
    {
        var variables = await EnvironmentAsync(resource);
        if (variables.Count == 0)
        {
            return;
        }

        context.Writer.WriteStartObject("env");
        foreach (var (name, value) in variables)
        {
            context.Writer.WriteString(name, Expression(value));
        }

        context.Writer.WriteEndObject();
    }

    private void WriteBindings(IResource resource)
    {
        var endpoints = resource.Endpoints().ToList();
        if (endpoints.Count == 0)
        {
            return;
        }

        var writer = context.Writer;
        var defaultSchemes = new HashSet<string>(StringComparer.Ordinal);
        writer.WriteStartObject("bindings");
        foreach (var endpoint in endpoints)
        {
            // A project's first http endpoint listens wherever the deployment tool says.
            var isDefault = resource is ProjectResource && endpoint.IsHttp && defaultSchemes.Add(endpoint.UriScheme);
            var targetPort = endpoint.TargetPort
                ?? (resource is ContainerResource ? endpoint.Port : null)
                ?? (isDefault ? null : AllocatePort());
            if (endpoint.Port is { } used)
            {
                _usedPorts.Add(used);
            }

            writer.WriteStartObject(endpoint.Name);
            writer.WriteString("scheme", endpoint.UriScheme);
            writer.WriteString("protocol", endpoint.Protocol == ProtocolType.Udp ? "udp" : "tcp");
            writer.WriteString("transport", endpoint.Transport);
            if (endpoint.Port is { } port && port != targetPort)
            {
                writer.WriteNumber("port", port);
            }

            if (targetPort is { } target)
            {
                writer.WriteNumber("targetPort", target);
            }

            if (endpoint.IsExternal)
            {
                writer.WriteBoolean("external", value: true);
            }

            writer.WriteEndObject();
        }

        writer.WriteEndObject();
    }

    private int AllocatePort()
    {
        var port = FirstAllocatedPort;
        while (!_usedPorts.Add(port))
        {
            port++;
        }

        return port;
    }

    private static IEnumerable<object> Arguments(IResource resource)
        => resource.Annotations.OfType<CommandLineArgumentsAnnotation>().SelectMany(a => a.Arguments);

    private async Task<Dictionary<string, object>> EnvironmentAsync(IResource resource)
    {
        var callbackContext = new EnvironmentCallbackContext(context.ExecutionContext, resource, cancellationToken: context.CancellationToken);
        foreach (var annotation in resource.Annotations.OfType<EnvironmentCallbackAnnotation>().ToList())
        {
            await annotation.Callback(callbackContext);
        }

        return callbackContext.EnvironmentVariables;
    }

    private static string Expression(object value) => value switch
    {
        ConditionalExpression conditional => conditional.ValueExpression,
        ReferenceExpression expression => string.Format(
            CultureInfo.InvariantCulture,
            expression.Format,
            [.. expression.ValueProviders.Zip(expression.StringFormats, object (provider, format)
                => format is not null && provider is ParameterResource parameter ? $"{{{UriEncodedName(parameter.Name)}.value}}" : Expression(provider))]),
        IManifestExpressionProvider provider => provider.ValueExpression,
        _ => Convert.ToString(value, CultureInfo.InvariantCulture) ?? string.Empty,
    };

    private static string UriEncodedName(string parameterName) => $"{parameterName}-uri-encoded";
}
