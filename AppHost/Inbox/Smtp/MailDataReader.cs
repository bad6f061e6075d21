using System.Buffers;

namespace Inbox.Smtp;

/// <summary>
/// Reads what follows 354 up to the line with a single dot (RFC 5321 §4.1.1.4), and unstuffs dots (§4.5.2). The end is CRLF, dot, CRLF and
/// nothing else: whoever takes a bare LF for a line end here lets a mail smuggle a second one behind it (§2.3.8). A bare CR or LF is
/// content, kept as it is and reported.
/// </summary>
/// <param name="maxOctets">Octets kept. What comes after is counted, not kept.</param>
internal sealed class MailDataReader(int maxOctets)
{
    /// <summary>Octets of a line with its CRLF (§4.5.3.1.6).</summary>
    public const int MaxLineOctets = 1000;

    private readonly ArrayBufferWriter<byte> content = new();
    private State state = State.LineStart;
    private int lineLength;

    private enum State
    {
        LineStart,
        AfterDot,
        AfterDotCarriageReturn,
        Text,
        AfterCarriageReturn,
    }

    /// <summary>Octets seen so far, without the end and without stuffed dots (RFC 1870 §3).</summary>
    public long Octets { get; private set; }

    public bool IsTooLarge => Octets > maxOctets;

    public bool HasBareLineBreaks { get; private set; }

    public bool HasLongLines { get; private set; }

    /// <summary>The mail. Incomplete when <see cref="IsTooLarge"/>.</summary>
    public ReadOnlyMemory<byte> Content => content.WrittenSpan.ToArray();

    /// <summary>Takes octets; <see langword="true"/> when the end was among them, after <paramref name="consumed"/> octets.</summary>
    public bool Append(ReadOnlySpan<byte> octets, out int consumed)
    {
        for (consumed = 0; consumed < octets.Length;)
        {
            var octet = octets[consumed++];
            switch (state)
            {
                case State.LineStart when octet == '.':
                    state = State.AfterDot;
                    break;
                case State.AfterDot when octet == '\r':
                    state = State.AfterDotCarriageReturn;
                    break;
                case State.AfterDotCarriageReturn when octet == '\n':
                    return true;
                case State.AfterDotCarriageReturn:
                    // The line went on after its dot and a CR: both the CR and what follows are content.
                    HasBareLineBreaks = true;
                    Keep((byte)'\r');
                    TakeText(octet);
                    break;
                case State.AfterCarriageReturn when octet == '\n':
                    Keep(octet);
                    EndLine();
                    break;
                case State.AfterCarriageReturn:
                    HasBareLineBreaks = true;
                    TakeText(octet);
                    break;
                default:
                    TakeText(octet);
                    break;
            }
        }

        return false;
    }

    private void TakeText(byte octet)
    {
        Keep(octet);
        HasBareLineBreaks |= octet == '\n';
        state = octet == '\r' ? State.AfterCarriageReturn : State.Text;
    }

    private void EndLine()
    {
        HasLongLines |= lineLength > MaxLineOctets;
        lineLength = 0;
        state = State.LineStart;
    }

    private void Keep(byte octet)
    {
        Octets++;
        lineLength++;
        if (Octets <= maxOctets)
        {
            content.GetSpan(1)[0] = octet;
            content.Advance(1);
        }
    }
}
