namespace Campaigns.Tests.Http;

/// <summary>An answer as it came.</summary>
internal sealed record RawAnswer(int Status, IReadOnlyList<(string Name, string Value)> Headers, byte[] Body, bool ConnectionEnds)
{
    /// <summary>Every value of a header.</summary>
    public IReadOnlyList<string> All(string name)
        => [.. Headers.Where(header => header.Name.Equals(name, StringComparison.OrdinalIgnoreCase)).Select(header => header.Value)];

    public string? MediaType => All("Content-Type") is [var type] ? type.Split(';')[0].Trim() : null;
}
