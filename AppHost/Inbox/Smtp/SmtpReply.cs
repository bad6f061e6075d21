using System.Globalization;
using System.Text;

namespace Inbox.Smtp;

/// <summary>An answer of the server (RFC 5321 §4.2), with an enhanced status code (RFC 3463) where RFC 2034 §4 wants one.</summary>
/// <param name="Code">Three digits.</param>
/// <param name="Enhanced">Enhanced status code, or empty for the greeting, HELO, EHLO and 354.</param>
/// <param name="Lines">Text, ASCII, at least one line.</param>
internal sealed record SmtpReply(int Code, string Enhanced, params IReadOnlyList<string> Lines)
{
    /// <summary>Whether the client did something wrong; too many of these end the session.</summary>
    public bool IsError => Code >= 500;

    public byte[] ToOctets()
    {
        var text = new StringBuilder();
        for (var i = 0; i < Lines.Count; i++)
        {
            text.Append(CultureInfo.InvariantCulture, $"{Code}{(i == Lines.Count - 1 ? ' ' : '-')}{Enhanced}{(Enhanced.Length > 0 ? " " : "")}{Lines[i]}\r\n");
        }

        return Encoding.ASCII.GetBytes(text.ToString());
    }
}
