using System.Globalization;
using System.Security.Cryptography;

namespace IdentityAuth.Domain;

/// <summary>
/// Ids (contract §1.2): milliseconds since 2015 in the upper bits. The lower 22 are random, so that instances need not agree on
/// numbers; the primary key finds the one clash in four million.
/// </summary>
public static class Snowflake
{
    /// <summary>2015-01-01T00:00:00Z in ms of Unix time.</summary>
    public const long Epoch = 1_420_070_400_000;

    private const int LowerBits = 22;

    public static long Create(DateTimeOffset now)
        => ((now.ToUnixTimeMilliseconds() - Epoch) << LowerBits) | (uint)RandomNumberGenerator.GetInt32(1 << LowerBits);

    /// <summary>As it stands on the wire: decimal digits.</summary>
    public static string Text(long id) => id.ToString(CultureInfo.InvariantCulture);

    /// <summary>Reads decimal digits without sign, blanks or leading zeros.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out long id)
        => long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out id) && (text.Length == 1 || text[0] != '0');
}
