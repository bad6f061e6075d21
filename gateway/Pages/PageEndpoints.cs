using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Net.Http.Headers;

namespace Gateway.Pages;

/// <summary>Serves the account pages: one document for every page address, and its assets.</summary>
internal static class PageEndpoints
{
    /// <summary>
    /// Scripts and styles are files of this server; nothing inline, nothing from elsewhere, no frame around the page. Trusted
    /// Types without any policy: the scripts cannot turn text into markup or code, whoever wrote the text.
    /// </summary>
    private const string Policy =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; "
        + "form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'";

    /// <summary>Passkeys, copying a code; nothing else that a browser can do.</summary>
    private const string Permissions =
        "publickey-credentials-get=(self), publickey-credentials-create=(self), clipboard-write=(self), "
        + "camera=(), microphone=(), geolocation=(), payment=(), usb=()";

    private static readonly string[] Methods = [HttpMethods.Get, HttpMethods.Head];

    public static void MapAccountPages(this WebApplication app)
    {
        foreach (var path in PagePaths.All)
        {
            app.MapMethods(path, Methods, GetDocument);
        }

        app.MapMethods("/assets/{version}/{**path}", Methods, GetAsset);
    }

    private static Results<FileContentHttpResult, StatusCodeHttpResult> GetDocument(HttpContext context, AccountPages pages)
    {
        if (pages.Refresh() is not { } current)
        {
            return TypedResults.StatusCode(StatusCodes.Status404NotFound);
        }

        var headers = context.Response.Headers;
        headers.ContentSecurityPolicy = Policy;
        headers["Referrer-Policy"] = "no-referrer";
        headers["Permissions-Policy"] = Permissions;
        headers["Cross-Origin-Opener-Policy"] = "same-origin";
        headers.XFrameOptions = "DENY";
        // Kept, but asked about each time: the answer is mostly 304.
        headers.CacheControl = "no-cache";
        return Send(context, current.Document);
    }

    private static Results<FileContentHttpResult, StatusCodeHttpResult> GetAsset(
        string version, string path, HttpContext context, AccountPages pages)
    {
        if (pages.Current is not { } current || current.FindAsset(path) is not { } asset)
        {
            return TypedResults.StatusCode(StatusCodes.Status404NotFound);
        }

        // Another version: the page was loaded before an update, or from an instance that has it already. What there is will
        // do, but must not be kept under that name.
        context.Response.Headers.CacheControl = version == current.Version ? "public, max-age=31536000, immutable" : "no-cache";
        return Send(context, asset);
    }

    private static FileContentHttpResult Send(HttpContext context, PageFile file)
    {
        var (content, encoding) = Choose(file, context.Request);
        var headers = context.Response.Headers;
        headers.XContentTypeOptions = "nosniff";
        headers["Cross-Origin-Resource-Policy"] = "same-origin";
        headers.Vary = HeaderNames.AcceptEncoding;
        headers.ContentEncoding = encoding;
        // A strong validator names bytes, so each encoding has its own (RFC 9110 §8.8.3.3).
        return TypedResults.Bytes(content, file.ContentType, entityTag: new EntityTagHeaderValue($"\"{file.Hash[..32]}{encoding}\""));
    }

    private static (byte[] Content, string? Encoding) Choose(PageFile file, HttpRequest request)
    {
        if (file is not { Brotli: { } brotli, Gzip: { } gzip })
        {
            return (file.Content, null);
        }

        return Accepts(request, "br") ? (brotli, "br")
            : Accepts(request, "gzip") ? (gzip, "gzip")
            : (file.Content, null);
    }

    private static bool Accepts(HttpRequest request, string encoding)
        => request.GetTypedHeaders().AcceptEncoding.Any(accepted => accepted.Value == encoding && accepted.Quality is not 0);
}
