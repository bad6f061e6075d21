using System.Text.Json.Serialization;

namespace ScopeSigning.Http;

/// <summary>The Error object of the API, the body of every answer of status 400 and above.</summary>
public sealed record ErrorBody
{
    /// <summary>The HTTP status code.</summary>
    [JsonPropertyName("error")]
    public required int Error { get; init; }

    /// <summary>A URI for the kind of error: <c>{issuer}/errors/</c> and a code such as <c>duplicate-key</c>.</summary>
    [JsonPropertyName("type")]
    public required string Type { get; init; }

    /// <summary>Fixed short text for the code.</summary>
    [JsonPropertyName("title")]
    public required string Title { get; init; }

    /// <summary>What went wrong this time.</summary>
    [JsonPropertyName("detail")]
    public required string Detail { get; init; }
}
