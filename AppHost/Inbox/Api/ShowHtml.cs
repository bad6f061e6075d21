using System.Text;
using System.Text.RegularExpressions;
using Inbox.Messages;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Inbox.Api;

/// <summary>
/// <c>GET /view/{ID}.html</c>: the HTML of a mail as a page of its own, for the reading pane's frame. Its policy puts it into a sandbox wherever it
/// is opened: no scripts, no forms, nothing loaded from anywhere, so that reading a mail here tells nobody. Links open in a new tab.
/// </summary>
internal static partial class ShowHtml
{
    private const string Policy =
        "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; img-src data:; style-src 'unsafe-inline'; form-action 'none'; frame-ancestors 'self'";

    public static void Map(IEndpointRouteBuilder endpoints) => endpoints.MapGet("/view/{id}.html", Show).WithName(nameof(ShowHtml));

    private static Results<ContentHttpResult, ProblemHttpResult> Show(string id, MessageStore store, HttpResponse response)
    {
        if (store.Find(id) is not { Html.Length: > 0 } message)
        {
            return Problems.NotFound("There is no such message, or it has no HTML.");
        }

        response.Headers.ContentSecurityPolicy = Policy;
        return TypedResults.Text(OpenLinksInNewTab(InlineImages(message)), "text/html; charset=utf-8", Encoding.UTF8);
    }

    // Images that came with the mail (RFC 2392) are put into the page, because the sandbox may not fetch them.
    private static string InlineImages(Message message)
    {
        var html = message.Html;
        foreach (var image in message.Attachments.Where(part => part.ContentId.Length > 0 && part.ContentType.StartsWith("image/", StringComparison.Ordinal)))
        {
            html = html.Replace("cid:" + image.ContentId, $"data:{image.ContentType};base64,{Convert.ToBase64String(image.Content.Span)}", StringComparison.OrdinalIgnoreCase);
        }

        return html;
    }

    // Behind <head> or the doctype, because anything before a doctype would switch the browser to quirks mode.
    private static string OpenLinksInNewTab(string html)
    {
        var match = Head().Match(html);
        if (!match.Success)
        {
            match = Doctype().Match(html);
        }

        return html.Insert(match.Success ? match.Index + match.Length : 0, "<base target=\"_blank\">");
    }

    [GeneratedRegex("<head(?:\\s[^>]*)?>", RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Head();

    [GeneratedRegex("^\\s*<!doctype[^>]*>", RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Doctype();
}
