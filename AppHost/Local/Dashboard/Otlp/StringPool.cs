using System.Text;

namespace Aspire.Hosting.Local.Dashboard.Otlp;

/// <summary>
/// Telemetry says the same few hundred short strings over and over: attribute names, routes, methods, host names. This makes them one
/// object each. It never grows: a string takes the place of whatever hashed to its slot before.
/// </summary>
internal sealed class StringPool
{
    /// <summary>Longer ones (messages, stacks, SQL) seldom repeat.</summary>
    private const int MaxLength = 64;

    private const int Slots = 4_096;

    private readonly string?[] slots = new string?[Slots];

    public static StringPool Shared { get; } = new();

    /// <summary>Decodes UTF-8; what is not valid becomes U+FFFD. Safe for several threads: at worst a string is made twice.</summary>
    public string Get(ReadOnlySpan<byte> utf8)
    {
        if (utf8.IsEmpty)
        {
            return "";
        }

        if (utf8.Length > MaxLength)
        {
            return Encoding.UTF8.GetString(utf8);
        }

        var hash = new HashCode();
        hash.AddBytes(utf8);
        ref var slot = ref slots[(uint)hash.ToHashCode() % Slots];
        var known = Volatile.Read(ref slot);
        if (known is not null && Ascii.Equals(utf8, known))
        {
            return known;
        }

        var text = Encoding.UTF8.GetString(utf8);
        Volatile.Write(ref slot, text);
        return text;
    }
}
