using System.Buffers.Binary;
using System.Globalization;
using System.Runtime.InteropServices;

namespace Aspire.Hosting.Local.Dashboard.Telemetry;

/// <summary>W3C Trace Context §3.2.2.3: 16 bytes, not all zero. <c>default</c> means none.</summary>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct TraceId(ulong High, ulong Low)
{
    public bool IsNone => High == 0 && Low == 0;

    /// <returns>None for anything but 16 bytes.</returns>
    public static TraceId From(ReadOnlySpan<byte> bytes)
        => bytes.Length == 16 ? new TraceId(BinaryPrimitives.ReadUInt64BigEndian(bytes), BinaryPrimitives.ReadUInt64BigEndian(bytes[8..])) : default;

    public static bool TryParse(string? hex, out TraceId id)
    {
        id = default;
        if (hex is not { Length: 32 }
            || !ulong.TryParse(hex.AsSpan(0, 16), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var high)
            || !ulong.TryParse(hex.AsSpan(16), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var low))
        {
            return false;
        }

        id = new TraceId(high, low);
        return !id.IsNone;
    }

    /// <summary>32 lower-case hexadecimal digits.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{High:x16}{Low:x16}");
}

/// <summary>W3C Trace Context §3.2.2.4: 8 bytes, not all zero. <c>default</c> means none.</summary>
internal readonly record struct SpanId(ulong Value)
{
    public bool IsNone => Value == 0;

    /// <returns>None for anything but 8 bytes.</returns>
    public static SpanId From(ReadOnlySpan<byte> bytes) => bytes.Length == 8 ? new SpanId(BinaryPrimitives.ReadUInt64BigEndian(bytes)) : default;

    public static bool TryParse(string? hex, out SpanId id)
    {
        id = default;
        if (hex is not { Length: 16 } || !ulong.TryParse(hex, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var value))
        {
            return false;
        }

        id = new SpanId(value);
        return value != 0;
    }

    /// <summary>16 lower-case hexadecimal digits.</summary>
    public override string ToString() => Value.ToString("x16", CultureInfo.InvariantCulture);
}
