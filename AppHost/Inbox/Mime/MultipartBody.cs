using System.Text;

namespace Inbox.Mime;

/// <summary>Takes a multipart body apart (RFC 2046 §5.1.1).</summary>
internal static class MultipartBody
{
    /// <summary>
    /// The parts between the boundary's lines; preamble and epilogue are dropped. A missing closing line ends with the body. No boundary at
    /// all: no parts, so that the body is shown as the text it seems to be.
    /// </summary>
    public static List<ReadOnlyMemory<byte>> Split(ReadOnlyMemory<byte> body, string boundary, int maxParts)
    {
        var parts = new List<ReadOnlyMemory<byte>>();
        var dashBoundary = Encoding.Latin1.GetBytes("--" + boundary);
        var rest = body.Span;
        var partStart = -1;

        // The line break before a boundary belongs to the boundary, so a part ends where the line before it ends.
        var lastLineEnd = 0;
        while (!rest.IsEmpty && parts.Count < maxParts)
        {
            var lineStart = body.Length - rest.Length;
            var line = OctetLines.Take(ref rest, out _);
            if (IsBoundary(line, dashBoundary, out var closes))
            {
                if (partStart >= 0)
                {
                    parts.Add(body[partStart..Math.Max(partStart, lastLineEnd)]);
                }

                partStart = body.Length - rest.Length;
                if (closes)
                {
                    return parts;
                }
            }

            lastLineEnd = lineStart + line.Length;
        }

        if (partStart >= 0 && parts.Count < maxParts)
        {
            parts.Add(body[partStart..]);
        }

        return parts;
    }

    private static bool IsBoundary(ReadOnlySpan<byte> line, ReadOnlySpan<byte> dashBoundary, out bool closes)
    {
        closes = false;
        if (!line.StartsWith(dashBoundary))
        {
            return false;
        }

        var after = line[dashBoundary.Length..].TrimEnd(" \t"u8);
        closes = after.SequenceEqual("--"u8);
        return closes || after.IsEmpty;
    }
}
