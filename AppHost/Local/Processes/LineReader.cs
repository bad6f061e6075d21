using System.Text;

namespace Aspire.Hosting.Local.Processes;

/// <summary>
/// Reads a stream of UTF-8 text to its end, line by line, without ever holding more than one bounded line:
/// a child that writes without line breaks must not fill AppHost's memory, nor block because nobody reads.
/// </summary>
internal static class LineReader
{
    /// <summary>Longer lines are handed on in pieces of this size, cut between characters.</summary>
    public const int MaxLineBytes = 64 * 1024;

    public static async Task ReadAsync(Stream stream, Action<string> onLine)
    {
        var buffer = new byte[MaxLineBytes];
        var filled = 0;
        while (true)
        {
            var read = await stream.ReadAsync(buffer.AsMemory(filled));
            if (read == 0)
            {
                if (filled > 0)
                {
                    onLine(Text(buffer.AsSpan(0, filled)));
                }

                return;
            }

            var searched = filled;
            filled += read;
            filled = TakeLines(buffer, searched, filled, onLine);
            if (filled == buffer.Length)
            {
                filled = TakePiece(buffer, onLine);
            }
        }
    }

    /// <summary>Hands on the whole lines; returns how many bytes of an unfinished one now stand at the front.</summary>
    private static int TakeLines(byte[] buffer, int searched, int filled, Action<string> onLine)
    {
        var start = 0;
        while (buffer.AsSpan(searched, filled - searched).IndexOf((byte)'\n') is var offset and >= 0)
        {
            var end = searched + offset;
            onLine(Text(buffer.AsSpan(start, end - start)));
            start = searched = end + 1;
        }

        buffer.AsSpan(start, filled - start).CopyTo(buffer);
        return filled - start;
    }

    /// <summary>Hands on a full buffer up to its last whole character; returns how many bytes are left.</summary>
    private static int TakePiece(byte[] buffer, Action<string> onLine)
    {
        // A UTF-8 character has at most 4 bytes, of which all but the first match 10xxxxxx.
        var cut = buffer.Length;
        while (cut > buffer.Length - 4 && (buffer[cut - 1] & 0b1100_0000) == 0b1000_0000)
        {
            cut--;
        }

        cut = buffer[cut - 1] >= 0b1100_0000 ? cut - 1 : buffer.Length;
        onLine(Text(buffer.AsSpan(0, cut)));
        buffer.AsSpan(cut).CopyTo(buffer);
        return buffer.Length - cut;
    }

    private static string Text(ReadOnlySpan<byte> line) => Encoding.UTF8.GetString(line is [.. var text, (byte)'\r'] ? text : line);
}
