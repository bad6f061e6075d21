using Aspire.Hosting.Local.Dashboard.Telemetry;

namespace Aspire.Hosting.Local.Dashboard.Otlp;

/// <summary>What one request brought.</summary>
/// <param name="Items">Decoded, nothing of it stored yet.</param>
/// <param name="Rejected">How many are legal Protocol Buffers and no legal telemetry, or of a kind that is not kept.</param>
/// <param name="Reason">Why, in one sentence; empty when none is.</param>
internal sealed record OtlpBatch<T>(IReadOnlyList<T> Items, long Rejected, string Reason);

/// <summary>
/// The layers that the three signals share: request → resource → scope → items. Their field numbers are the same
/// (<c>trace.proto</c>, <c>logs.proto</c>, <c>metrics.proto</c>).
/// </summary>
internal static class OtlpEnvelope
{
    public delegate void ItemReader(ProtobufReader item, TelemetryResource resource, string scope);

    /// <param name="request">An <c>Export…ServiceRequest</c>.</param>
    /// <param name="intern">Makes equal senders one object.</param>
    /// <exception cref="InvalidDataException">Malformed.</exception>
    public static void Read(ReadOnlySpan<byte> request, Func<TelemetryResource, TelemetryResource> intern, ItemReader readItem)
    {
        var reader = new ProtobufReader(request);
        while (reader.TryReadField(out var field, out var type))
        {
            if ((field, type) == (1, WireType.Bytes))
            {
                ReadResourceItems(reader.ReadMessage(), intern, readItem);
            }
            else
            {
                reader.Skip(type);
            }
        }
    }

    private static void ReadResourceItems(ProtobufReader reader, Func<TelemetryResource, TelemetryResource> intern, ItemReader readItem)
    {
        // The order of fields on the wire is free: the resource is looked for first.
        var resource = new TelemetryResource("unknown_service", "");
        var search = reader;
        while (search.TryReadField(out var field, out var type))
        {
            if ((field, type) == (1, WireType.Bytes))
            {
                resource = ReadResource(search.ReadMessage());
            }
            else
            {
                search.Skip(type);
            }
        }

        resource = intern(resource);
        while (reader.TryReadField(out var field, out var type))
        {
            if ((field, type) == (2, WireType.Bytes))
            {
                ReadScopeItems(reader.ReadMessage(), resource, readItem);
            }
            else
            {
                reader.Skip(type);
            }
        }
    }

    private static void ReadScopeItems(ProtobufReader reader, TelemetryResource resource, ItemReader readItem)
    {
        var scope = "";
        var search = reader;
        while (search.TryReadField(out var field, out var type))
        {
            if ((field, type) == (1, WireType.Bytes))
            {
                scope = ReadScopeName(search.ReadMessage());
            }
            else
            {
                search.Skip(type);
            }
        }

        while (reader.TryReadField(out var field, out var type))
        {
            if ((field, type) == (2, WireType.Bytes))
            {
                readItem(reader.ReadMessage(), resource, scope);
            }
            else
            {
                reader.Skip(type);
            }
        }
    }

    private static TelemetryResource ReadResource(ProtobufReader reader)
    {
        var attributes = new List<TelemetryAttribute>();
        while (reader.TryReadField(out var field, out var type))
        {
            if ((field, type) == (1, WireType.Bytes))
            {
                OtlpValues.ReadAttribute(reader.ReadMessage(), attributes);
            }
            else
            {
                reader.Skip(type);
            }
        }

        var name = attributes.Find(attribute => attribute.Name == "service.name").Value;
        var instance = attributes.Find(attribute => attribute.Name == "service.instance.id").Value;
        return new TelemetryResource(string.IsNullOrEmpty(name) ? "unknown_service" : name, instance ?? "");
    }

    private static string ReadScopeName(ProtobufReader reader)
    {
        var name = "";
        while (reader.TryReadField(out var field, out var type))
        {
            if ((field, type) == (1, WireType.Bytes))
            {
                name = OtlpValues.ReadTruncatedString(ref reader);
            }
            else
            {
                reader.Skip(type);
            }
        }

        return name;
    }
}
