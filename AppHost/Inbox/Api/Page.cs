using System.Reflection;
using System.Security.Cryptography;
using Microsoft.Net.Http.Headers;

namespace Inbox.Api;

/// <summary>The page at <c>/</c> and its style and scripts, embedded in the assembly.</summary>
internal static class Page
{
    private const string Folder = "wwwroot/";

    private const string Policy =
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; frame-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    public static void Map(IEndpointRouteBuilder endpoints)
    {
        foreach (var resource in Assembly.GetExecutingAssembly().GetManifestResourceNames().Where(name => name.StartsWith(Folder, StringComparison.Ordinal)))
        {
            var name = resource[Folder.Length..];
            var content = Read(resource);
            var tag = new EntityTagHeaderValue($"\"{Convert.ToHexStringLower(SHA256.HashData(content).AsSpan(0, 8))}\"");
            endpoints.MapGet(name == "index.html" ? "/" : "/" + name, (HttpResponse response) =>
            {
                response.Headers.ContentSecurityPolicy = Policy;

                // Asked for each time and answered with 304: a new build must not meet yesterday's script.
                response.Headers.CacheControl = "no-cache";
                return TypedResults.Bytes(content, MediaType(name), entityTag: tag);
            });
        }
    }

    private static byte[] Read(string resource)
    {
        using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream(resource)!;
        using var content = new MemoryStream();
        stream.CopyTo(content);
        return content.ToArray();
    }

    private static string MediaType(string name) => Path.GetExtension(name) switch
    {
        ".html" => "text/html; charset=utf-8",
        ".css" => "text/css; charset=utf-8",
        ".js" => "text/javascript; charset=utf-8",
        ".svg" => "image/svg+xml",
        var extension => throw new NotSupportedException($"No media type is known for {extension}."),
    };
}
