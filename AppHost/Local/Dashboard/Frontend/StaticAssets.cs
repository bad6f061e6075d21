using System.Collections.Frozen;
using System.Net;
using System.Reflection;
using System.Security.Cryptography;
using System.Text;

namespace Aspire.Hosting.Local.Dashboard.Frontend;

/// <summary>The pages, style sheets and scripts, embedded in this assembly under <c>dashboard/…</c>. They hold nothing secret.</summary>
internal sealed class StaticAssets
{
    public const string Path = "/assets";

    private const string Prefix = "dashboard/";

    private readonly FrozenDictionary<string, Asset> assets;

    /// <param name="applicationName">Put in place of <c>{{application}}</c> in the pages.</param>
    public StaticAssets(string applicationName)
    {
        var assembly = typeof(StaticAssets).Assembly;
        assets = assembly.GetManifestResourceNames()
            .Where(name => name.StartsWith(Prefix, StringComparison.Ordinal))
            .ToFrozenDictionary(name => name[Prefix.Length..].Replace('\\', '/'), name => Read(assembly, name, applicationName), StringComparer.Ordinal);
    }

    public void Map(IEndpointRouteBuilder routes)
        => routes.MapMethods(Path + "/{**file}", [HttpMethods.Get, HttpMethods.Head], context =>
        {
            var file = (string?)context.GetRouteValue("file") ?? "";
            if (!assets.TryGetValue(file, out var asset) || asset.IsPage)
            {
                context.Response.StatusCode = StatusCodes.Status404NotFound;
                return Task.CompletedTask;
            }

            // Kept by the browser, asked for again each time: a new build of AppHost is seen at once.
            context.Response.Headers.CacheControl = "no-cache";
            context.Response.Headers.ETag = asset.ETag;
            if (context.Request.Headers.IfNoneMatch.Contains(asset.ETag))
            {
                context.Response.StatusCode = StatusCodes.Status304NotModified;
                return Task.CompletedTask;
            }

            return WriteAsync(context, asset);
        });

    public Task WritePageAsync(HttpContext context, string page) => WriteAsync(context, assets[page]);

    private static Task WriteAsync(HttpContext context, Asset asset)
    {
        context.Response.ContentType = asset.ContentType;
        context.Response.ContentLength = asset.Content.Length;
        return HttpMethods.IsHead(context.Request.Method)
            ? Task.CompletedTask
            : context.Response.Body.WriteAsync(asset.Content, context.RequestAborted).AsTask();
    }

    private static Asset Read(Assembly assembly, string name, string applicationName)
    {
        using var stream = assembly.GetManifestResourceStream(name)!;
        using var reader = new StreamReader(stream, Encoding.UTF8);
        var text = reader.ReadToEnd();
        var isPage = name.EndsWith(".html", StringComparison.Ordinal);
        var content = Encoding.UTF8.GetBytes(isPage ? text.Replace("{{application}}", WebUtility.HtmlEncode(applicationName), StringComparison.Ordinal) : text);
        var contentType = System.IO.Path.GetExtension(name) switch
        {
            ".html" => "text/html; charset=utf-8",
            ".css" => "text/css; charset=utf-8",
            ".js" => "text/javascript; charset=utf-8",
            ".svg" => "image/svg+xml",
            var other => throw new InvalidOperationException($"No media type is known for '{other}'."),
        };
        return new Asset(content, contentType, $"\"{Convert.ToHexStringLower(SHA256.HashData(content).AsSpan(0, 12))}\"", isPage);
    }

    private sealed record Asset(byte[] Content, string ContentType, string ETag, bool IsPage);
}
