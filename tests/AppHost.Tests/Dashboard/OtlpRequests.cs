using System.Buffers.Binary;
using System.Text;

namespace AppHost.Tests.Dashboard;

/// <summary>Writes the Protocol Buffers wire format by hand, right or wrong: what an exporter would not send has to be refused too.</summary>
internal sealed class Message
{
    private readonly List<byte> buffer = [];

    public byte[] ToArray() => [.. buffer];

    public Message Varint(int field, ulong value)
    {
        Raw(((ulong)field << 3) | 0);
        Raw(value);
        return this;
    }

    public Message Fixed64(int field, ulong value)
    {
        Raw(((ulong)field << 3) | 1);
        Span<byte> bytes = stackalloc byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, value);
        buffer.AddRange(bytes);
        return this;
    }

    public Message Double(int field, double value) => Fixed64(field, BitConverter.DoubleToUInt64Bits(value));

    public Message Fixed32(int field, uint value)
    {
        Raw(((ulong)field << 3) | 5);
        Span<byte> bytes = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, value);
        buffer.AddRange(bytes);
        return this;
    }

    public Message Bytes(int field, byte[] value)
    {
        Raw(((ulong)field << 3) | 2);
        Raw((ulong)value.Length);
        buffer.AddRange(value);
        return this;
    }

    public Message Text(int field, string value) => Bytes(field, Encoding.UTF8.GetBytes(value));

    public Message Embedded(int field, Message value) => Bytes(field, value.ToArray());

    public Message Packed(int field, params ulong[] values)
        => Bytes(field, [.. values.SelectMany(value => BitConverter.GetBytes(value))]);

    /// <summary>An attribute with a text value.</summary>
    public Message Attribute(int field, string name, string value)
        => Embedded(field, new Message().Text(1, name).Embedded(2, new Message().Text(1, value)));

    private void Raw(ulong value)
    {
        for (; value >= 0x80; value >>= 7)
        {
            buffer.Add((byte)(value | 0x80));
        }

        buffer.Add((byte)value);
    }
}

internal static class OtlpRequests
{
    public static byte[] Id(byte fill, int length) => [.. Enumerable.Repeat(fill, length)];

    public static ulong Nanoseconds(DateTimeOffset at) => (ulong)(at - DateTimeOffset.UnixEpoch).Ticks * 100;

    /// <summary>A request with one sender, one scope and the given spans, records or metrics.</summary>
    public static byte[] Envelope(string service, string scope, IEnumerable<Message> items, string instance = "")
    {
        var resource = new Message().Attribute(1, "service.name", service);
        if (instance.Length > 0)
        {
            resource.Attribute(1, "service.instance.id", instance);
        }

        var scoped = new Message().Embedded(1, new Message().Text(1, scope));
        foreach (var item in items)
        {
            scoped.Embedded(2, item);
        }

        return new Message().Embedded(1, new Message().Embedded(1, resource).Embedded(2, scoped)).ToArray();
    }

    public static byte[] Log(string service, string message, int severity = 9, byte[]? traceId = null)
        => Envelope(service, "Category", [LogRecord(message, severity, traceId)]);

    public static Message LogRecord(string message, int severity = 9, byte[]? traceId = null)
    {
        var record = new Message().Fixed64(1, Nanoseconds(DateTimeOffset.UtcNow)).Varint(2, (ulong)severity).Embedded(5, new Message().Text(1, message));
        return traceId is null ? record : record.Bytes(9, traceId);
    }

    public static Message Span(byte[] traceId, byte[] spanId, string name = "work", byte[]? parentId = null, DateTimeOffset? start = null, TimeSpan? length = null)
    {
        var from = start ?? DateTimeOffset.UtcNow;
        var span = new Message().Bytes(1, traceId).Bytes(2, spanId).Text(5, name).Varint(6, 2)
            .Fixed64(7, Nanoseconds(from)).Fixed64(8, Nanoseconds(from + (length ?? TimeSpan.FromMilliseconds(10))));
        return parentId is null ? span : span.Bytes(4, parentId);
    }

    /// <summary>A cumulative counter with one data point.</summary>
    public static Message Counter(string name, DateTimeOffset at, double value, params (string Name, string Value)[] attributes)
        => new Message().Text(1, name).Text(3, "{request}")
            .Embedded(7, new Message().Embedded(1, Number(at, value, attributes)).Varint(2, 2).Varint(3, 1));

    public static Message Gauge(string name, DateTimeOffset at, double value, params (string Name, string Value)[] attributes)
        => new Message().Text(1, name).Embedded(5, new Message().Embedded(1, Number(at, value, attributes)));

    public static Message Histogram(string name, DateTimeOffset at, double[] bounds, ulong[] buckets, double sum, params (string Name, string Value)[] attributes)
    {
        var point = new Message().Fixed64(3, Nanoseconds(at)).Fixed64(4, buckets.Aggregate(0UL, (total, one) => total + one)).Double(5, sum)
            .Packed(6, buckets).Packed(7, [.. bounds.Select(BitConverter.DoubleToUInt64Bits)]);
        foreach (var (key, value) in attributes)
        {
            point.Attribute(9, key, value);
        }

        return new Message().Text(1, name).Text(3, "s").Embedded(9, new Message().Embedded(1, point).Varint(2, 2));
    }

    private static Message Number(DateTimeOffset at, double value, (string Name, string Value)[] attributes)
    {
        var point = new Message().Fixed64(3, Nanoseconds(at)).Double(4, value);
        foreach (var (key, text) in attributes)
        {
            point.Attribute(7, key, text);
        }

        return point;
    }
}
