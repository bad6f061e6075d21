namespace Inbox.Mime;

/// <summary>Lines of a mail. They should end with CRLF; a bare LF ends one here too, because by now the mail's end is certain.</summary>
internal static class OctetLines
{
    /// <summary>Takes the first line from <paramref name="rest"/>; <paramref name="ending"/> is its CRLF, LF, or nothing at the very end.</summary>
    public static ReadOnlySpan<byte> Take(ref ReadOnlySpan<byte> rest, out ReadOnlySpan<byte> ending)
    {
        var feed = rest.IndexOf((byte)'\n');
        var lineEnd = feed < 0 ? rest.Length : feed > 0 && rest[feed - 1] == '\r' ? feed - 1 : feed;
        var next = feed < 0 ? rest.Length : feed + 1;

        var line = rest[..lineEnd];
        ending = rest[lineEnd..next];
        rest = rest[next..];
        return line;
    }
}
