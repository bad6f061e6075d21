using System.Text;

namespace Inbox.Mime;

/// <summary>The header fields of a mail or of a part (RFC 5322 §2.2), in their order.</summary>
internal sealed class HeaderFields
{
    /// <summary>Fields kept; real mail has some fifty, and each costs more in memory than on the wire.</summary>
    private const int MaxFields = 1_000;

    private readonly List<KeyValuePair<string, string>> fields = [];

    private HeaderFields()
    {
    }

    /// <summary>Names as written; bodies unfolded (§2.2.3) but not decoded.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> All => fields;

    /// <summary>
    /// Reads fields up to the empty line, and says where the body begins. A line that can be no field ends the header too, and belongs
    /// to the body: so a mail without any header still shows its text.
    /// </summary>
    public static HeaderFields Read(ReadOnlySpan<byte> octets, out int bodyStart)
    {
        var header = new HeaderFields();
        var body = new StringBuilder();
        string? name = null;
        var rest = octets;
        bodyStart = octets.Length;
        while (!rest.IsEmpty)
        {
            var lineStart = octets.Length - rest.Length;
            var line = OctetLines.Take(ref rest, out _);
            if (line.IsEmpty)
            {
                bodyStart = octets.Length - rest.Length;
                break;
            }

            if (line[0] is (byte)' ' or (byte)'\t' && name is not null)
            {
                // Unfolding removes the line break only; the white space after it stays.
                body.Append(Charsets.Decode(line, charset: null));
                continue;
            }

            var colon = line.IndexOf((byte)':');
            if (!IsName(colon < 0 ? [] : line[..colon].TrimEnd(" \t"u8)))
            {
                bodyStart = lineStart;
                break;
            }

            header.Add(name, body);
            name = Encoding.ASCII.GetString(line[..colon].TrimEnd(" \t"u8));
            body.Append(Charsets.Decode(line[(colon + 1)..], charset: null));
        }

        header.Add(name, body);
        return header;
    }

    /// <summary>Body of the first field of that name, or <see langword="null"/>.</summary>
    public string? Find(string name)
        => fields.Find(field => string.Equals(field.Key, name, StringComparison.OrdinalIgnoreCase)).Value;

    /// <summary>Bodies of all fields of that name, joined as one list: some senders repeat <c>To</c>.</summary>
    public string FindAll(string name)
        => string.Join(", ", fields.Where(field => string.Equals(field.Key, name, StringComparison.OrdinalIgnoreCase)).Select(field => field.Value));

    // §2.2: printable ASCII except the colon.
    private static bool IsName(ReadOnlySpan<byte> name) => !name.IsEmpty && !name.ContainsAnyExceptInRange((byte)33, (byte)126);

    private void Add(string? name, StringBuilder body)
    {
        if (name is not null && fields.Count < MaxFields)
        {
            fields.Add(new(name, body.ToString().Trim()));
        }

        body.Clear();
    }
}
