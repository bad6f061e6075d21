using System.Globalization;
using System.Runtime.InteropServices;

namespace DeviceRegistry.Domain;

/// <summary>
/// The id of an event in its group's stream (contract §6): the milliseconds at which it was appended and a number that tells events
/// of the same millisecond apart. Ids grow within a group.
/// </summary>
[StructLayout(LayoutKind.Auto)]
public readonly record struct GroupEventId(long Milliseconds, long Sequence) : IComparable<GroupEventId>
{
    /// <summary>Reads what <see cref="ToString"/> writes, and nothing else: no sign, no space, no leading zero.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out GroupEventId id)
    {
        id = default;
        var dash = text.IndexOf('-');
        if (dash < 0 || !TryParseNumber(text[..dash], out var milliseconds) || !TryParseNumber(text[(dash + 1)..], out var sequence))
        {
            return false;
        }

        id = new GroupEventId(milliseconds, sequence);
        return true;
    }

    public static bool operator <(GroupEventId left, GroupEventId right) => left.CompareTo(right) < 0;

    public static bool operator >(GroupEventId left, GroupEventId right) => left.CompareTo(right) > 0;

    public static bool operator <=(GroupEventId left, GroupEventId right) => left.CompareTo(right) <= 0;

    public static bool operator >=(GroupEventId left, GroupEventId right) => left.CompareTo(right) >= 0;

    public int CompareTo(GroupEventId other)
        => Milliseconds != other.Milliseconds ? Milliseconds.CompareTo(other.Milliseconds) : Sequence.CompareTo(other.Sequence);

    /// <summary>Such as <c>1733000000000-3</c>.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Milliseconds}-{Sequence}");

    private static bool TryParseNumber(ReadOnlySpan<char> text, out long number)
    {
        number = 0;
        return text.Length > 0
            && (text.Length == 1 || text[0] != '0')
            && long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);
    }
}
