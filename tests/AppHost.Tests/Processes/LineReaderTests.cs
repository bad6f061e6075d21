using System.Text;
using Aspire.Hosting.Local.Processes;

namespace AppHost.Tests.Processes;

public sealed class LineReaderTests
{
    [Theory]
    [InlineData("", new string[0])]
    [InlineData("\n", new[] { "" })]
    [InlineData("one", new[] { "one" })]
    [InlineData("one\ntwo", new[] { "one", "two" })]
    [InlineData("one\r\n\ntwo\n", new[] { "one", "", "two" })]
    public async Task Read_Lines_HandedOnWithoutTheirEnds(string text, string[] lines)
        => Assert.Equal(lines, await ReadAsync(text, step: 1));

    [Fact]
    public async Task Read_LineOfExactlyTheLimit_InOnePiece()
    {
        var line = new string('x', LineReader.MaxLineBytes - 1);
        Assert.Equal([line, "next"], await ReadAsync(line + "\nnext\n", step: 7919));
    }

    [Fact]
    public async Task Read_LineBeyondTheLimit_InPiecesThatLoseNothing()
    {
        var line = new string('x', LineReader.MaxLineBytes * 2) + "tail";
        var pieces = await ReadAsync(line + "\nnext\n", step: 7919);
        Assert.Equal([LineReader.MaxLineBytes, LineReader.MaxLineBytes, 4, 4], pieces.Select(piece => piece.Length));
        Assert.Equal(line, string.Concat(pieces[..3]));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Read_CharacterAcrossTheLimit_StaysWhole(int before)
    {
        // Four bytes in UTF-8.
        const string character = "\U0001F511";
        var line = new string('x', LineReader.MaxLineBytes - before) + character + "y";
        var pieces = await ReadAsync(line, step: 4096);
        Assert.Equal(2, pieces.Count);
        Assert.Equal(line, string.Concat(pieces));
    }

    private static async Task<List<string>> ReadAsync(string text, int step)
    {
        var lines = new List<string>();
        using var stream = new Trickle(Encoding.UTF8.GetBytes(text), step);
        await LineReader.ReadAsync(stream, lines.Add);
        return lines;
    }

    /// <summary>Gives a few bytes at a time, as a pipe does.</summary>
    private sealed class Trickle(byte[] bytes, int step) : MemoryStream(bytes)
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
            => base.ReadAsync(buffer[..Math.Min(step, buffer.Length)], cancellationToken);
    }
}
