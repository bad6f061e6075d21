using System.Globalization;
using System.Text;

namespace Inbox.Mime;

/// <summary>
/// The body of <c>Content-Type</c> or <c>Content-Disposition</c>: a value with parameters (RFC 2045 §5.1), which may be quoted, split and
/// percent-encoded (RFC 2231).
/// </summary>
internal sealed class StructuredValue
{
    private readonly Dictionary<string, string> parameters = new(StringComparer.OrdinalIgnoreCase);

    private StructuredValue(string value) => Value = value;

    /// <summary>What stands before the parameters, lower case: <c>text/plain</c>, <c>attachment</c>.</summary>
    public string Value { get; }

    /// <summary>The decoded parameter, or <see langword="null"/>.</summary>
    public string? this[string name] => parameters.GetValueOrDefault(name);

    public static StructuredValue Parse(string? body)
    {
        var items = Split(body ?? "");

#pragma warning disable CA1308 // Media types are written in lower case (RFC 2045 §5.1).
        var result = new StructuredValue(items[0].Trim().ToLowerInvariant());
#pragma warning restore CA1308
        var continuations = new SortedDictionary<(string Name, int Section), (string Text, bool Extended)>();
        foreach (var item in items.Skip(1))
        {
            var equals = item.IndexOf('=', StringComparison.Ordinal);
            if (equals <= 0)
            {
                continue;
            }

            var name = item[..equals].Trim().ToUpperInvariant();
            var text = item[(equals + 1)..].Trim();
            if (name.IndexOf('*', StringComparison.Ordinal) is > 0 and var star)
            {
                AddContinuation(continuations, name, star, text);
            }
            else
            {
                // RFC 2047 §5 forbids encoded words here, and Outlook writes file names so.
                result.parameters.TryAdd(name, EncodedWords.Decode(text));
            }
        }

        foreach (var parameter in continuations.GroupBy(continuation => continuation.Key.Name, StringComparer.Ordinal))
        {
            // RFC 2231 §4: the extended form wins over the plain one that stands beside it for old readers.
            result.parameters[parameter.Key] = Join([.. parameter.Select(section => section.Value)]);
        }

        return result;
    }

    private static void AddContinuation(
        SortedDictionary<(string Name, int Section), (string Text, bool Extended)> continuations, string name, int star, string text)
    {
        // name*=, name*0=, name*0*=
        var section = name[(star + 1)..];
        var extended = section.Length == 0 || section.EndsWith('*');
        section = section.TrimEnd('*');
        var number = 0;
        if (section.Length == 0 || int.TryParse(section, NumberStyles.None, CultureInfo.InvariantCulture, out number))
        {
            continuations.TryAdd((name[..star], number), (text, extended));
        }
    }

    // RFC 2231 §4: charset'language'percent-encoded; only the first section names the charset.
    private static string Join(IReadOnlyList<(string Text, bool Extended)> sections)
    {
        var octets = new List<byte>();
        string? charset = null;
        for (var i = 0; i < sections.Count; i++)
        {
            var (text, extended) = sections[i];
            if (i == 0 && extended && text.Split('\'', 3) is [var name, _, var rest])
            {
                (charset, text) = (name, rest);
            }

            var raw = Encoding.UTF8.GetBytes(text);
            for (var j = 0; j < raw.Length; j++)
            {
                if (extended && raw[j] == '%' && j + 2 < raw.Length
                    && TransferEncodings.HexDigit(raw[j + 1]) is >= 0 and var high && TransferEncodings.HexDigit(raw[j + 2]) is >= 0 and var low)
                {
                    octets.Add((byte)((high << 4) | low));
                    j += 2;
                }
                else
                {
                    octets.Add(raw[j]);
                }
            }
        }

        return Charsets.Decode([.. octets], charset);
    }

    // At semicolons outside quoted strings; quotes and backslashes are resolved, comments dropped (RFC 5322 §3.2.2).
    private static List<string> Split(string body)
    {
        var items = new List<string>();
        var item = new StringBuilder();
        var quoted = false;
        var comment = 0;
        for (var i = 0; i < body.Length; i++)
        {
            var c = body[i];
            if ((quoted || comment > 0) && c == '\\' && i + 1 < body.Length)
            {
                i++;
                item.Append(comment > 0 ? "" : body[i].ToString());
            }
            else if (c == '"' && comment == 0)
            {
                quoted = !quoted;
            }
            else if (!quoted && (c == '(' || (c == ')' && comment > 0)))
            {
                comment += c == '(' ? 1 : -1;
            }
            else if (c == ';' && !quoted && comment == 0)
            {
                items.Add(item.ToString());
                item.Clear();
            }
            else if (comment == 0)
            {
                item.Append(c);
            }
        }

        items.Add(item.ToString());
        return items;
    }
}
