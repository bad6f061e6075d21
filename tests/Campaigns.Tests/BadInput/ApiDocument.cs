using System.Net.Http.Json;
using System.Text.Json;

namespace Campaigns.Tests.BadInput;

/// <summary>One operation of an OpenAPI document.</summary>
/// <param name="Service">Whose document it stands in.</param>
/// <param name="Method">Upper case.</param>
/// <param name="Path">With <c>{parameters}</c>, as clients see it at the gateway.</param>
/// <param name="MediaTypes">What bodies it takes; empty without a body.</param>
internal sealed record Operation(
    string Service, string Method, string Path, IReadOnlyList<Parameter> Parameters, IReadOnlyList<string> MediaTypes, JsonElement? Body, ApiDocument Document)
{
    public override string ToString() => $"{Method} {Path}";
}

/// <param name="In"><c>path</c>, <c>query</c> or <c>header</c>.</param>
internal sealed record Parameter(string Name, string In, bool Required, JsonElement? Schema);

/// <summary>An OpenAPI 3 document, as far as requests can be made from it.</summary>
internal sealed class ApiDocument
{
    private static readonly string[] Methods = ["get", "put", "post", "delete", "options", "head", "patch", "trace"];

    private readonly JsonElement root;

    private ApiDocument(string service, JsonElement root)
    {
        this.root = root;
        Operations = [.. ReadOperations(service)];
    }

    public IReadOnlyList<Operation> Operations { get; }

    /// <summary>The documents of every service that the gateway says it has.</summary>
    public static async Task<IReadOnlyList<ApiDocument>> ReadAllAsync(HttpClient gateway)
    {
        var health = await gateway.GetFromJsonAsync<JsonElement>("health");
        var documents = new List<ApiDocument>();
        foreach (var service in health.GetProperty("services").EnumerateObject())
        {
            documents.Add(new ApiDocument(service.Name, await gateway.GetFromJsonAsync<JsonElement>($"openapi/{service.Name}.json")));
        }

        return documents;
    }

    /// <summary>Follows <c>$ref</c>.</summary>
    public JsonElement Resolve(JsonElement element)
    {
        while (element.ValueKind == JsonValueKind.Object && element.TryGetProperty("$ref", out var reference))
        {
            element = reference.GetString()!.Split('/').Skip(1)
                .Aggregate(root, (at, step) => at.GetProperty(step.Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal)));
        }

        return element;
    }

    private IEnumerable<Operation> ReadOperations(string service)
    {
        foreach (var path in root.GetProperty("paths").EnumerateObject())
        {
            var item = Resolve(path.Value);
            var shared = ReadParameters(item).ToList();
            foreach (var operation in item.EnumerateObject().Where(member => Methods.Contains(member.Name)))
            {
                var own = ReadParameters(operation.Value).ToList();
                var parameters = own.Concat(shared.Where(one => !own.Exists(other => (other.Name, other.In) == (one.Name, one.In))));
                var content = operation.Value.TryGetProperty("requestBody", out var body) && Resolve(body).TryGetProperty("content", out var types)
                    ? types.EnumerateObject().ToList()
                    : [];
                yield return new Operation(
                    service,
                    operation.Name.ToUpperInvariant(),
                    path.Name,
                    [.. parameters],
                    [.. content.Select(type => type.Name)],
                    content.Select(type => type.Value.TryGetProperty("schema", out var schema) ? schema : (JsonElement?)null).FirstOrDefault(schema => schema is not null),
                    this);
            }
        }
    }

    private IEnumerable<Parameter> ReadParameters(JsonElement owner)
    {
        if (!owner.TryGetProperty("parameters", out var parameters))
        {
            yield break;
        }

        foreach (var parameter in parameters.EnumerateArray().Select(Resolve))
        {
            yield return new Parameter(
                parameter.GetProperty("name").GetString()!,
                parameter.GetProperty("in").GetString()!,
                parameter.TryGetProperty("required", out var required) && required.GetBoolean(),
                parameter.TryGetProperty("schema", out var schema) ? schema : null);
        }
    }
}
