using System.Text;
using System.Text.Json;
using Campaigns.Tests.Http;

namespace Campaigns.Tests.BadInput;

/// <summary>A request while it is being spoilt.</summary>
internal sealed class RequestDraft
{
    public required Operation Operation { get; init; }

    public required string Method { get; set; }

    /// <summary>Values of the path's parameters, as they are written: percent-encoded or not.</summary>
    public Dictionary<string, string> PathValues { get; } = new(StringComparer.Ordinal);

    /// <summary>Wins over the operation's path with its values.</summary>
    public string? Path { get; set; }

    /// <summary>Names and values as they are written.</summary>
    public List<(string Name, string Value)> Query { get; } = [];

    /// <summary>Wins over <see cref="Query"/>.</summary>
    public string? RawQuery { get; set; }

    public List<(string Name, string Value)> Headers { get; } = [];

    public string? MediaType { get; set; }

    /// <summary>Members of a JSON body in their order, each with its value as JSON text; <see langword="null"/> when the body is none.</summary>
    public List<(string Name, string Json)>? Members { get; set; }

    /// <summary>Wins over <see cref="Members"/>.</summary>
    public byte[]? Body { get; set; }

    public bool Chunked { get; set; }

    public long? ClaimedLength { get; set; }

    /// <summary>What was done to it, for the report.</summary>
    public List<string> Spoiled { get; } = [];

    /// <summary>
    /// It goes beyond what the server under the gateway reads, or is no HTTP: that is refused with an empty body and without any of our
    /// headers (gateway/README.md, "Errors made here").
    /// </summary>
    public bool IsBeyondTheServer
    {
        get => field || Target().Length > 16_000 || Target().Any(character => character is <= ' ' or >= '\u007f') || Target().Split('?')[0].Contains("%00", StringComparison.Ordinal)
            || Headers.Sum(header => header.Name.Length + header.Value.Length + 4) > 64_000
            || Headers.Count > 195; // of 200; Host, Content-Type and the body's length come on top
        set;
    }

    public void SetHeader(string name, string value)
    {
        Headers.RemoveAll(header => header.Name.Equals(name, StringComparison.OrdinalIgnoreCase));
        Headers.Add((name, value));
    }

    /// <summary>The body as it is now.</summary>
    public byte[]? Bytes()
        => Body ?? (Members is null ? null : Encoding.UTF8.GetBytes("{" + string.Join(',', Members.Select(member => $"{Name(member.Name)}:{member.Json}")) + "}"));

    public string Target()
    {
        var path = Path ?? PathValues.Aggregate(Operation.Path, (text, value) => text.Replace($"{{{value.Key}}}", value.Value, StringComparison.Ordinal));
        var query = RawQuery ?? string.Join('&', Query.Select(pair => $"{pair.Name}={pair.Value}"));
        return query.Length == 0 ? path : $"{path}?{query}";
    }

    public RawRequest ToRequest() => new()
    {
        Method = Method,
        Target = Target(),
        Headers = MediaType is null ? Headers : [.. Headers, ("Content-Type", MediaType)],
        Body = Bytes(),
        Chunked = Chunked,
        ClaimedLength = Chunked ? null : ClaimedLength,
    };

    // A name that begins with a quote is JSON text already.
    private static string Name(string name) => name.StartsWith('"') ? name : JsonSerializer.Serialize(name);
}
