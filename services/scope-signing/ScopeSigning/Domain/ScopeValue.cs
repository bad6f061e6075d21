using System.Text.Json;
using System.Text.Json.Serialization;

namespace ScopeSigning.Domain;

/// <summary>The fact to be verified and signed. Exactly one of the three values is there.</summary>
internal sealed record ScopeValue
{
    /// <summary>As typed, domain in ASCII and lower case.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Email { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Phone { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public PostalAddress? Address { get; init; }

    /// <summary>The form for limits, hashes and comparison.</summary>
    public required string Normal { get; init; }

    public override string ToString() => "(scope value)";

    public byte[] ToBytes() => JsonSerializer.SerializeToUtf8Bytes(this);

    public static ScopeValue FromBytes(ReadOnlySpan<byte> bytes)
        => JsonSerializer.Deserialize<ScopeValue>(bytes) ?? throw new JsonException("An empty scope value was stored.");
}
