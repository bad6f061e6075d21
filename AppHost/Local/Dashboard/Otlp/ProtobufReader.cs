using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Aspire.Hosting.Local.Dashboard.Otlp;

/// <summary>The wire types of Protocol Buffers that OTLP uses. Groups (3, 4) are gone from proto3 and count as malformed.</summary>
internal enum WireType
{
    Varint = 0,
    Fixed64 = 1,
    Bytes = 2,
    Fixed32 = 5,
}

/// <summary>
/// Reads the Protocol Buffers wire format in place. The receiver needs some 60 fields of OTLP's messages and wants them in types of
/// its own, with bounds; generated messages would be read twice and need a compiler at build time.
/// Everything malformed throws <see cref="InvalidDataException"/>.
/// </summary>
[StructLayout(LayoutKind.Auto)]
internal ref struct ProtobufReader(ReadOnlySpan<byte> data)
{
    private ReadOnlySpan<byte> rest = data;

    /// <summary>Moves to the next field. Its value has to be read, or skipped with <see cref="Skip"/>, before the next call.</summary>
    public bool TryReadField(out int number, out WireType type)
    {
        number = 0;
        type = default;
        if (rest.IsEmpty)
        {
            return false;
        }

        var tag = ReadVarint();
        number = (int)(tag >> 3);
        type = (WireType)(tag & 7);
        if (tag > uint.MaxValue || number == 0 || type is not (WireType.Varint or WireType.Fixed64 or WireType.Bytes or WireType.Fixed32))
        {
            throw new InvalidDataException("The tag of a field is not valid.");
        }

        return true;
    }

    public ulong ReadVarint()
    {
        ulong value = 0;
        for (var index = 0; index < 10; index++)
        {
            if (index >= rest.Length)
            {
                throw Truncated();
            }

            var current = rest[index];
            // The tenth byte has room for one bit.
            if (index == 9 && current > 1)
            {
                break;
            }

            value |= (ulong)(current & 0x7F) << (7 * index);
            if (current < 0x80)
            {
                rest = rest[(index + 1)..];
                return value;
            }
        }

        throw new InvalidDataException("A number is longer than 64 bits.");
    }

    public uint ReadFixed32() => BinaryPrimitives.ReadUInt32LittleEndian(Take(4));

    public ulong ReadFixed64() => BinaryPrimitives.ReadUInt64LittleEndian(Take(8));

    public double ReadDouble() => BinaryPrimitives.ReadDoubleLittleEndian(Take(8));

    public ReadOnlySpan<byte> ReadBytes()
    {
        var length = ReadVarint();
        return length > (ulong)rest.Length ? throw Truncated() : Take((int)length);
    }

    public ProtobufReader ReadMessage() => new(ReadBytes());

    public string ReadString() => StringPool.Shared.Get(ReadBytes());

    /// <summary>Appends the numbers of a repeated <c>fixed64</c> or <c>double</c>, which may come packed or one by one.</summary>
    public void ReadFixed64s(WireType type, List<ulong> values)
    {
        if (type == WireType.Fixed64)
        {
            values.Add(ReadFixed64());
            return;
        }

        var packed = new ProtobufReader(ReadBytes());
        while (!packed.rest.IsEmpty)
        {
            values.Add(packed.ReadFixed64());
        }
    }

    public void Skip(WireType type)
    {
        switch (type)
        {
            case WireType.Varint: ReadVarint(); break;
            case WireType.Fixed64: Take(8); break;
            case WireType.Fixed32: Take(4); break;
            default: ReadBytes(); break;
        }
    }

    private ReadOnlySpan<byte> Take(int length)
    {
        if (length > rest.Length)
        {
            throw Truncated();
        }

        var taken = rest[..length];
        rest = rest[length..];
        return taken;
    }

    private static InvalidDataException Truncated() => new("The message ends in the middle of a field.");
}
