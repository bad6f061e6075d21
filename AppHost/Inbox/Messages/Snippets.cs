using System.Text;

namespace Inbox.Messages;

/// <summary>The preview in a list of messages.</summary>
internal static class Snippets
{
    /// <summary>UTF-16 code units, as many as Mailpit shows.</summary>
    public const int MaxLength = 250;

    /// <summary>The beginning of a text on one line: every run of white space and control characters is one space.</summary>
    public static string From(string text)
    {
        var line = new StringBuilder(MaxLength + 1);
        foreach (var c in text)
        {
            if (char.IsWhiteSpace(c) || char.IsControl(c))
            {
                if (line.Length > 0 && line[^1] != ' ')
                {
                    line.Append(' ');
                }
            }
            else
            {
                line.Append(c);
            }

            if (line.Length > MaxLength)
            {
                // Never half of a surrogate pair.
                var end = char.IsHighSurrogate(line[MaxLength - 2]) ? MaxLength - 2 : MaxLength - 1;
                return string.Concat(line.ToString(0, end).AsSpan().TrimEnd(), "…");
            }
        }

        return line.ToString().TrimEnd();
    }
}
