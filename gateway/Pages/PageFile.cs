using System.IO.Compression;
using System.Security.Cryptography;

namespace Gateway.Pages;

/// <summary>One file of the account pages, ready to be sent.</summary>
internal sealed class PageFile
{
    /// <summary>Below this a compressed body saves no packet.</summary>
    private const int SmallestWorthCompressing = 1024;

    private PageFile(string contentType, byte[] content)
    {
        ContentType = contentType;
        Content = content;
        Hash = Convert.ToHexStringLower(SHA256.HashData(content));
        if (content.Length >= SmallestWorthCompressing)
        {
            Brotli = Compress(content, stream => new BrotliStream(stream, CompressionLevel.Optimal, leaveOpen: true));
            Gzip = Compress(content, stream => new GZipStream(stream, CompressionLevel.Optimal, leaveOpen: true));
        }
    }

    public string ContentType { get; }

    public byte[] Content { get; }

    /// <summary>SHA-256 of the content, in hexadecimal.</summary>
    public string Hash { get; }

    /// <summary>The content in Brotli's format (RFC 7932), when that is shorter by enough to matter.</summary>
    public byte[]? Brotli { get; }

    public byte[]? Gzip { get; }

    /// <returns><see langword="null"/> for a kind of file that the pages do not have.</returns>
    public static PageFile? TryCreate(string name, byte[] content) => Path.GetExtension(name) switch
    {
        ".html" => new PageFile("text/html; charset=utf-8", content),
        ".js" => new PageFile("text/javascript; charset=utf-8", content),
        ".css" => new PageFile("text/css; charset=utf-8", content),
        ".svg" => new PageFile("image/svg+xml", content),
        _ => null,
    };

    private static byte[] Compress(byte[] content, Func<Stream, Stream> compressor)
    {
        using var compressed = new MemoryStream();
        using (var stream = compressor(compressed))
        {
            stream.Write(content);
        }

        return compressed.ToArray();
    }
}
