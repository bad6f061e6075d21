using System.Text;
using System.Text.Unicode;

namespace ScopeSigning.Http;

/// <summary>
/// The query, percent-decoded (RFC 3986 §2.1) and nothing more. The framework's own reading turns <c>+</c> into a space, as HTML
/// forms do, which would break telephone numbers, e-mail addresses and callbacks, and it ignores the case of names.
/// </summary>
internal sealed class QueryParameters
{
    private readonly List<(string? Name, string? Value)> pairs = [];

    private QueryParameters()
    {
    }

    public static QueryParameters Of(HttpRequest request)
    {
        var query = new QueryParameters();
        foreach (var part in (request.QueryString.Value ?? "").TrimStart('?').Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            var equals = part.IndexOf('=', StringComparison.Ordinal);
            query.pairs.Add(equals < 0
                ? (Decode(part), "")
                : (Decode(part[..equals]), Decode(part[(equals + 1)..])));
        }

        return query;
    }

    /// <summary>How often the parameter is there.</summary>
    public int Count(string name) => pairs.Count(pair => pair.Name == name);

    /// <summary>The value when the parameter is there exactly once and decodes to text, else <see langword="null"/>.</summary>
    public string? Single(string name) => Count(name) == 1 ? pairs.First(pair => pair.Name == name).Value : null;

    private static string? Decode(string text)
    {
        // Kestrel hands on what it received: bytes above ASCII arrive as Latin-1 characters and are no legal query.
        if (!Ascii.IsValid(text))
        {
            return null;
        }

        if (!text.Contains('%', StringComparison.Ordinal))
        {
            return text;
        }

        var bytes = new byte[text.Length];
        var length = 0;
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] != '%')
            {
                bytes[length++] = (byte)text[i];
            }
            else if (i + 2 < text.Length && char.IsAsciiHexDigit(text[i + 1]) && char.IsAsciiHexDigit(text[i + 2]))
            {
                bytes[length++] = Convert.ToByte(text.Substring(i + 1, 2), 16);
                i += 2;
            }
            else
            {
                return null;
            }
        }

        var decoded = bytes.AsSpan(0, length);
        return Utf8.IsValid(decoded) ? Encoding.UTF8.GetString(decoded) : null;
    }
}
