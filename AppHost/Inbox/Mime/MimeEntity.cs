namespace Inbox.Mime;

/// <summary>A mail or one part of it (RFC 2045 §2.4): header fields, and a body that is octets or further parts.</summary>
internal sealed class MimeEntity
{
    /// <summary>Nesting that is read; deeper parts stay undivided. Real mail has five levels or so.</summary>
    private const int MaxDepth = 20;

    /// <summary>Parts of one mail; what follows stays in the last one.</summary>
    private const int MaxParts = 1_000;

    private MimeEntity(HeaderFields headers, ReadOnlyMemory<byte> body, StructuredValue contentType)
    {
        Headers = headers;
        Body = body;
        ContentType = contentType;
        Disposition = StructuredValue.Parse(headers.Find("Content-Disposition"));
    }

    public HeaderFields Headers { get; }

    /// <summary>Octets after the empty line, still in their transfer encoding.</summary>
    public ReadOnlyMemory<byte> Body { get; }

    /// <summary>Media type; <c>text/plain</c> when missing or unreadable (RFC 2045 §5.2).</summary>
    public StructuredValue ContentType { get; }

    /// <summary>Content-Disposition (RFC 2183); its value is empty when there is none.</summary>
    public StructuredValue Disposition { get; }

    /// <summary>Parts of a multipart entity, else empty.</summary>
    public IReadOnlyList<MimeEntity> Parts { get; private init; } = [];

    public bool IsMultipart(string subtype) => Parts.Count > 0 && ContentType.Value == "multipart/" + subtype;

    public static MimeEntity Read(ReadOnlyMemory<byte> octets)
    {
        var partsLeft = MaxParts;
        return Read(octets, "text/plain", depth: 0, ref partsLeft);
    }

    /// <summary>Decoded octets of an entity without parts.</summary>
    public ReadOnlyMemory<byte> DecodeBody() => TransferEncodings.Decode(Body, Headers.Find("Content-Transfer-Encoding"));

    private static MimeEntity Read(ReadOnlyMemory<byte> octets, string defaultType, int depth, ref int partsLeft)
    {
        var headers = HeaderFields.Read(octets.Span, out var bodyStart);
        var body = octets[bodyStart..];
        var contentType = StructuredValue.Parse(headers.Find("Content-Type"));
        if (contentType.Value.Split('/') is not [{ Length: > 0 }, { Length: > 0 }])
        {
            contentType = StructuredValue.Parse(defaultType);
        }

        var parts = new List<MimeEntity>();
        if (contentType.Value.StartsWith("multipart/", StringComparison.Ordinal) && contentType["boundary"] is { Length: > 0 } boundary && depth < MaxDepth)
        {
            // RFC 2046 §5.1.5: parts of a digest are messages unless they say otherwise.
            var partType = contentType.Value == "multipart/digest" ? "message/rfc822" : "text/plain";
            foreach (var part in MultipartBody.Split(body, boundary, partsLeft))
            {
                partsLeft--;
                parts.Add(Read(part, partType, depth + 1, ref partsLeft));
            }
        }

        return new(headers, body, contentType) { Parts = parts };
    }
}
