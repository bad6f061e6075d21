using System.Collections;

namespace ServiceDefaults.Http;

/// <summary>One name and value as a log scope; readable on the console, structured in OTLP.</summary>
internal sealed class CorrelationScope(string id) : IReadOnlyList<KeyValuePair<string, object?>>
{
    public int Count => 1;

    public KeyValuePair<string, object?> this[int index]
        => index == 0 ? new(CorrelationId.ScopeName, id) : throw new ArgumentOutOfRangeException(nameof(index));

    public IEnumerator<KeyValuePair<string, object?>> GetEnumerator()
    {
        yield return this[0];
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    public override string ToString() => $"{CorrelationId.ScopeName}:{id}";
}
