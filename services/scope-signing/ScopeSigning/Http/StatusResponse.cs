using System.Text.Json.Serialization;

namespace ScopeSigning.Http;

/// <summary>How a request went, in one word.</summary>
public sealed record StatusResponse
{
    /// <summary>
    /// <c>confirmed</c>: the change was made, or the secret was right. <c>pending</c>: a code was mailed. <c>done</c>: revoked or
    /// deleted. <c>sent</c>: stored durably, to be given to the push provider.
    /// </summary>
    [JsonPropertyName("status")]
    public required string Status { get; init; }
}
