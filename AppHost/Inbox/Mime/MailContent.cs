using System.Globalization;
using System.Text;
using Inbox.Messages;

namespace Inbox.Mime;

/// <summary>What a reader sees of a mail: one text, one HTML, and the rest as attachments.</summary>
internal sealed class MailContent
{
    private readonly StringBuilder text = new();
    private readonly StringBuilder html = new();
    private readonly List<Attachment> attachments = [];

    private MailContent()
    {
    }

    public string Text => text.ToString();

    public string Html => html.ToString();

    public IReadOnlyList<Attachment> Attachments => attachments;

    public static MailContent Of(MimeEntity mail)
    {
        var content = new MailContent();
        content.Add(mail, "");
        return content;
    }

    private void Add(MimeEntity entity, string partId)
    {
        if (entity.Parts.Count > 0)
        {
            for (var i = 0; i < entity.Parts.Count; i++)
            {
                var id = (partId.Length == 0 ? "" : partId + ".") + (i + 1).ToString(CultureInfo.InvariantCulture);
                if (!entity.IsMultipart("alternative") || !HasBetterSibling(entity, i))
                {
                    Add(entity.Parts[i], id);
                }
            }
        }
        else if (IsBodyText(entity))
        {
            Append(entity.ContentType.Value == "text/html" ? html : text, entity);
        }
        else
        {
            attachments.Add(ToAttachment(entity, partId.Length == 0 ? "1" : partId));
        }
    }

    // RFC 2046 §5.1.4: alternatives come in increasing preference, so of two with one media type the later counts.
    private static bool HasBetterSibling(MimeEntity alternatives, int index)
        => alternatives.Parts[index].Parts.Count == 0
            && alternatives.Parts.Skip(index + 1).Any(later => later.Parts.Count == 0 && later.ContentType.Value == alternatives.Parts[index].ContentType.Value);

    private static bool IsBodyText(MimeEntity entity)
        => entity.ContentType.Value is "text/plain" or "text/html"
            && entity.Disposition.Value != "attachment"
            && entity.Disposition["filename"] is null
            // A multipart whose boundary never comes has no parts; the octets are the best there is to show.
            || entity.ContentType.Value.StartsWith("multipart/", StringComparison.Ordinal);

    private static void Append(StringBuilder target, MimeEntity entity)
    {
        if (target.Length > 0 && target[^1] != '\n')
        {
            target.Append('\n');
        }

        target.Append(Charsets.Decode(entity.DecodeBody().Span, entity.ContentType["charset"]).ReplaceLineEndings("\n"));
    }

    private static Attachment ToAttachment(MimeEntity entity, string partId)
    {
        var name = entity.Disposition["filename"] ?? entity.ContentType["name"];
        return new(
            partId,
            FileName(name, partId, entity.ContentType.Value),
            entity.ContentType.Value,
            (entity.Headers.Find("Content-ID") ?? "").Trim().Trim('<', '>'),
            entity.DecodeBody());
    }

    // A name may come with a path (RFC 2183 §2.3 says to ignore it) and with anything else.
    private static string FileName(string? name, string partId, string contentType)
    {
        var last = name?.Split('/', '\\')[^1];
        var clean = string.Concat((last ?? "").Where(c => !char.IsControl(c))).Trim();
        return clean.Trim('.').Length > 0 ? clean : string.Create(CultureInfo.InvariantCulture, $"part-{partId}{Extension(contentType)}");
    }

    private static string Extension(string contentType) => contentType switch
    {
        "text/plain" => ".txt",
        "text/html" => ".html",
        "text/calendar" => ".ics",
        "image/png" => ".png",
        "image/jpeg" => ".jpg",
        "image/gif" => ".gif",
        "image/svg+xml" => ".svg",
        "application/pdf" => ".pdf",
        "application/json" => ".json",
        "message/rfc822" => ".eml",
        _ => ".bin",
    };
}
