using Aspire.Hosting.Local.Dashboard.Otlp;

namespace AppHost.Tests.Dashboard;

public sealed class ProtobufReaderTests
{
    [Theory]
    [InlineData(new byte[] { 0x80 }, "tag without an end")]
    [InlineData(new byte[] { 0x00, 0x01 }, "field number 0")]
    [InlineData(new byte[] { 0x0B }, "group start")]
    [InlineData(new byte[] { 0x0C }, "group end")]
    [InlineData(new byte[] { 0x0E, 0x00 }, "wire type 6")]
    [InlineData(new byte[] { 0x08 }, "number missing")]
    [InlineData(new byte[] { 0x08, 0x80, 0x80 }, "number without an end")]
    [InlineData(new byte[] { 0x08, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x02 }, "number of 65 bits")]
    [InlineData(new byte[] { 0x08, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01 }, "number of 11 bytes")]
    [InlineData(new byte[] { 0x09, 1, 2, 3, 4, 5, 6, 7 }, "fixed64 of 7 bytes")]
    [InlineData(new byte[] { 0x0D, 1, 2, 3 }, "fixed32 of 3 bytes")]
    [InlineData(new byte[] { 0x0A, 0x02, 0x41 }, "length past the end")]
    [InlineData(new byte[] { 0x0A, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01 }, "length of 2^64 - 1")]
    [InlineData(new byte[] { 0xF8, 0xFF, 0xFF, 0xFF, 0xFF, 0x01, 0x00 }, "tag of more than 32 bits")]
    public void Skip_Malformed_Throws(byte[] bytes, string what)
    {
        Assert.NotNull(what);
        Assert.Throws<InvalidDataException>(() =>
        {
            var reader = new ProtobufReader(bytes);
            while (reader.TryReadField(out _, out var type))
            {
                reader.Skip(type);
            }
        });
    }

    [Fact]
    public void Read_EveryType_GivesBackWhatWasWritten()
    {
        var bytes = new Message().Varint(1, ulong.MaxValue).Fixed64(2, 0x0102030405060708).Double(3, -1.5).Fixed32(4, 0xDEADBEEF)
            .Text(5, "grüße").Bytes(536_870_911, [7]).ToArray();

        var reader = new ProtobufReader(bytes);

        Assert.Equal(ulong.MaxValue, Field(ref reader, 1, WireType.Varint).ReadVarint());
        Assert.Equal(0x0102030405060708UL, Field(ref reader, 2, WireType.Fixed64).ReadFixed64());
        Assert.Equal(-1.5, Field(ref reader, 3, WireType.Fixed64).ReadDouble());
        Assert.Equal(0xDEADBEEF, Field(ref reader, 4, WireType.Fixed32).ReadFixed32());
        Assert.Equal("grüße", Field(ref reader, 5, WireType.Bytes).ReadString());
        Assert.Equal([7], Field(ref reader, 536_870_911, WireType.Bytes).ReadBytes().ToArray());
        Assert.False(reader.TryReadField(out _, out _));
    }

    [Fact]
    public void ReadFixed64s_PackedAndSingle_AreTheSame()
    {
        var reader = new ProtobufReader(new Message().Packed(1, 1, 2).Fixed64(1, 3).ToArray());
        var values = new List<ulong>();
        while (reader.TryReadField(out _, out var type))
        {
            reader.ReadFixed64s(type, values);
        }

        Assert.Equal([1UL, 2UL, 3UL], values);
    }

    [Fact]
    public void StringPool_SameShortText_IsOneObject()
    {
        var pool = new StringPool();

        Assert.Same(pool.Get("http.route"u8), pool.Get("http.route"u8));
        Assert.Equal("http.route", pool.Get("http.route"u8));
        Assert.Equal("größe", pool.Get("größe"u8));
        Assert.Equal("\uFFFD", pool.Get([0xFF]));
        Assert.Equal("", pool.Get([]));
    }

    [Fact]
    public void StringPool_MoreTextsThanPlaces_StillGivesEachItsOwn()
    {
        var pool = new StringPool();

        for (var i = 0; i < 20_000; i++)
        {
            Assert.Equal($"value-{i}", pool.Get(System.Text.Encoding.UTF8.GetBytes($"value-{i}")));
        }
    }

    private static ref ProtobufReader Field(ref ProtobufReader reader, int number, WireType type)
    {
        Assert.True(reader.TryReadField(out var found, out var foundType));
        Assert.Equal((number, type), (found, foundType));
        return ref reader;
    }
}
