using System.Text.Json.Serialization;

namespace Gateway.Health;

/// <summary>Body of <c>/health</c> and <c>/alive</c>.</summary>
/// <param name="Status"><c>Healthy</c> or <c>Unhealthy</c>.</param>
/// <param name="Services">The same for each deployed service; not on <c>/alive</c>.</param>
internal sealed record HealthReport(string Status, IReadOnlyDictionary<string, string>? Services);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(HealthReport))]
internal sealed partial class HealthJson : JsonSerializerContext;
