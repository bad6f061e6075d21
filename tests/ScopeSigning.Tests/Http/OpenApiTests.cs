using System.Text.Json;
using ScopeSigning.Tests.Support;

namespace ScopeSigning.Tests.Http;

public sealed class OpenApiTests(ScopeSigningHost host)
{
    private readonly Api api = new(host);

    [Fact]
    public async Task Document_Operations_AreThoseOfTheContractAndDescribed()
    {
        var paths = (await api.GetAsync("/openapi/v1.json")).Json.GetProperty("paths");

        var operations = paths.EnumerateObject()
            .SelectMany(path => path.Value.EnumerateObject().Select(operation => (Name: $"{operation.Name.ToUpperInvariant()} {path.Name}", operation.Value)))
            .ToDictionary(operation => operation.Name, operation => operation.Value, StringComparer.Ordinal);

        Assert.Equal(
            [
                "DELETE /key", "DELETE /key/{key}", "DELETE /scope/{job}", "GET /confirm/{job}", "GET /key/{key}", "GET /scope-signing/.well-known/jwks.json",
                "GET /scope-signing/errors/{code}", "GET /scope-signing/test/.well-known/jwks.json", "GET /scope/{job}", "HEAD /key/{key}", "HEAD /scope/{job}", "POST /key",
                "POST /key/{key}", "POST /login", "POST /scope", "POST /scope/{job}", "PUT /key/{key}", "PUT /scope/{job}",
            ],
            operations.Keys.Order(StringComparer.Ordinal));
        foreach (var (name, operation) in operations)
        {
            Assert.False(string.IsNullOrWhiteSpace(operation.GetProperty("summary").GetString()), name);
            Assert.False(string.IsNullOrWhiteSpace(operation.GetProperty("description").GetString()), name);
            Assert.All(
                operation.TryGetProperty("parameters", out var parameters) ? parameters.EnumerateArray() : [],
                parameter => Assert.True(parameter.TryGetProperty("description", out _), $"{name}: {parameter.GetProperty("name")}"));
            foreach (var response in operation.GetProperty("responses").EnumerateObject())
            {
                Assert.True(response.Value.GetProperty("description").GetString()!.Contains(' ', StringComparison.Ordinal) || response.Value.GetProperty("description").GetString()!.EndsWith('.'), $"{name} {response.Name}");
            }
        }

        Assert.All(
            operations.Where(operation => operation.Key is "POST /key" or "POST /key/{key}" or "PUT /key/{key}" or "POST /login" or "POST /scope" or "PUT /scope/{job}"),
            operation => Assert.True(operation.Value.GetProperty("requestBody").GetProperty("content").TryGetProperty("application/jwt", out _), operation.Key));
    }

    [Fact]
    public async Task Document_SchemaMembers_AreDescribed()
    {
        var schemas = (await api.GetAsync("/openapi/v1.json")).Json.GetProperty("components").GetProperty("schemas");

        var silent = schemas.EnumerateObject()
            .SelectMany(schema => schema.Value.GetProperty("properties").EnumerateObject()
                .Where(member => !member.Value.TryGetProperty("description", out _))
                .Select(member => $"{schema.Name}.{member.Name}"));

        Assert.Empty(silent);
        Assert.Contains(schemas.EnumerateObject(), schema => schema.Name == "ErrorBody" && schema.Value.ValueKind == JsonValueKind.Object);
    }
}
