using System.Text.Json;

namespace ScopeSigning.Domain;

/// <summary>The claims <c>iat</c>, <c>nbf</c> and <c>exp</c>: NumericDate in whole seconds (RFC 7519 §4.1).</summary>
internal sealed record TokenTimes(long? IssuedAt, long? NotBefore, long? Expires)
{
    /// <summary>9999-12-31T23:59:59Z, the last second that a <see cref="DateTimeOffset"/> knows.</summary>
    public const long Maximum = 253402300799;

    /// <summary>How far two clocks may be apart, both ways, in seconds.</summary>
    public const int ToleranceSeconds = 60;

    /// <summary>How old a token without <c>exp</c> may be, in seconds.</summary>
    public const int MaximumAgeSeconds = 600;

    /// <summary>Neither <c>iat</c> nor <c>exp</c>: such a token never gets too old, so it has to be remembered for good.</summary>
    public bool IsUntimed => IssuedAt is null && Expires is null;

    /// <summary>The second from which the token fails rule 11 for good, or <see langword="null"/> when it is untimed.</summary>
    public long? DeadFrom => Expires is { } expires
        ? expires + ToleranceSeconds
        : IssuedAt + MaximumAgeSeconds + ToleranceSeconds + 1;

    public static Outcome<TokenTimes> Read(JsonElement payload)
        => TryRead(payload, "iat", out var issuedAt) && TryRead(payload, "nbf", out var notBefore) && TryRead(payload, "exp", out var expires)
            ? new TokenTimes(issuedAt, notBefore, expires)
            : ScopeSigningProblems.Malformed("'iat', 'nbf' and 'exp' are integers from 0 to 253402300799.");

    /// <summary>Rule 11.</summary>
    /// <param name="maximumLifetime">How far ahead <c>exp</c> may lie.</param>
    public bool AreFresh(DateTimeOffset now, TimeSpan maximumLifetime)
    {
        var seconds = now.ToUnixTimeSeconds();
        if (NotBefore > seconds + ToleranceSeconds || IssuedAt > seconds + ToleranceSeconds)
        {
            return false;
        }

        return Expires is { } expires
            ? seconds < expires + ToleranceSeconds
                && expires <= seconds + (long)maximumLifetime.TotalSeconds + ToleranceSeconds
                && !(expires <= IssuedAt)
            : !(seconds - IssuedAt > MaximumAgeSeconds + ToleranceSeconds);
    }

    private static bool TryRead(JsonElement payload, string name, out long? value)
    {
        value = null;
        if (!payload.TryGetProperty(name, out var element))
        {
            return true;
        }

        // "1.0" and "1e3" are refused: NumericDate here is an integer, as the API's models say.
        if (element.ValueKind != JsonValueKind.Number || !element.TryGetInt64(out var seconds) || seconds is < 0 or > Maximum)
        {
            return false;
        }

        value = seconds;
        return true;
    }
}
