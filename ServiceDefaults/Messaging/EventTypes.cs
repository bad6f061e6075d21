using System.Collections.Frozen;

namespace ServiceDefaults.Messaging;

/// <summary>An event that this service publishes.</summary>
/// <param name="Type">Its record type.</param>
/// <param name="HasConsumer">Whether it must reach a queue.</param>
internal sealed record EventType(Type Type, bool HasConsumer)
{
    /// <summary>As MassTransit names it: namespace and type, without the assembly, which may be renamed.</summary>
    public string Name { get; } = NameOf(Type);

    public static string NameOf(Type type) => type.FullName ?? type.Name;
}

/// <summary>The events that this service may publish, by name.</summary>
internal sealed class EventTypes(IEnumerable<EventType> types)
{
    private readonly FrozenDictionary<string, EventType> _byName = types.ToFrozenDictionary(type => type.Name, StringComparer.Ordinal);

    public bool IsEmpty => _byName.Count == 0;

    public EventType? Find(string name) => _byName.GetValueOrDefault(name);
}
