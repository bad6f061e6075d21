using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http.HttpResults;
using ScopeSigning.OpenApi;

namespace ScopeSigning.Features.Scopes;

/// <summary>
/// The page behind the link in a mail. Always the same page, whether or not the job exists, and it confirms nothing by being
/// loaded, so mail scanners and link previews do no harm: only its button sends the secret, which stands in the fragment and so
/// never reached a server.
/// </summary>
public static class GetConfirmPage
{
    private static readonly string Style = Resource("ConfirmPage.css");
    private static readonly string Script = Resource("ConfirmPage.js");

    private static readonly byte[] Page = Encoding.UTF8.GetBytes(Resource("ConfirmPage.html")
        .Replace("{{style}}", Style, StringComparison.Ordinal)
        .Replace("{{script}}", Script, StringComparison.Ordinal));

    /// <summary>Nothing but this page's own style and script, known by the hashes of their text (CSP Level 3 §2.3.1).</summary>
    private static readonly string Policy =
        $"default-src 'none'; script-src '{HashOf(Script)}'; style-src '{HashOf(Style)}'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    public static void Map(RouteGroupBuilder group) => group.MapGet("/confirm/{job}", Handle)
        .WithName(nameof(GetConfirmPage))
        .WithSummary("Open the confirmation page")
        .WithDescription("The page behind the link in a mail. It looks nothing up and confirms nothing by itself; its button sends POST /scope/{job}.")
        .TakesJob()
        .Answers<string>(200, "The page.", "text/html");

    private static FileContentHttpResult Handle(string job, HttpContext context)
    {
        _ = job;
        context.Response.Headers.ContentSecurityPolicy = Policy;
        context.Response.Headers["Referrer-Policy"] = "no-referrer";
        return TypedResults.Bytes(Page, "text/html; charset=utf-8");
    }

    private static string HashOf(string text) => $"sha256-{Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(text)))}";

    private static string Resource(string name)
    {
        using var stream = typeof(GetConfirmPage).Assembly.GetManifestResourceStream($"ScopeSigning.Features.Scopes.{name}")
            ?? throw new InvalidOperationException($"The resource {name} is missing.");
        using var reader = new StreamReader(stream, Encoding.UTF8);
        // As a browser reads it: HTML turns every line end into a line feed before the hash is computed.
        return reader.ReadToEnd().ReplaceLineEndings("\n");
    }
}
