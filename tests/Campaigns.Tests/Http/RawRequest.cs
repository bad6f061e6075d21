namespace Campaigns.Tests.Http;

/// <summary>A request as bytes: nothing checks or mends it on its way out.</summary>
internal sealed class RawRequest
{
    public required string Method { get; init; }

    /// <summary>Each character is one byte.</summary>
    public required string Target { get; init; }

    /// <summary>In this order. Each character of a value is one byte.</summary>
    public required IReadOnlyList<(string Name, string Value)> Headers { get; init; }

    public byte[]? Body { get; init; }

    /// <summary>The body goes in chunks, and its length is not said.</summary>
    public bool Chunked { get; init; }

    /// <summary>What <c>Content-Length</c> says; the body's length when missing.</summary>
    public long? ClaimedLength { get; init; }
}
