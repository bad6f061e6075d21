using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;

namespace DeviceRegistry.Domain.Tokens;

/// <summary>Whom a token is about, or why it is not to be trusted.</summary>
/// <param name="Fault">One of <see cref="TokenFault"/>: for whoever watches, never for the caller (RFC 6750 §3 knows one code for all of them).</param>
[StructLayout(LayoutKind.Auto)]
public readonly record struct TokenVerdict(Caller? Caller, string? Fault)
{
    public static implicit operator TokenVerdict(Caller caller) => new(caller, null);

    public static implicit operator TokenVerdict(string fault) => new(null, fault);

    /// <summary>Whether it is to be trusted.</summary>
    public bool IsGood([NotNullWhen(true)] out Caller? caller) => (caller = Caller) is not null;
}

/// <summary>Why a token is refused.</summary>
public static class TokenFault
{
    /// <summary>There is none.</summary>
    public const string Missing = "token-missing";

    /// <summary>Too long, or no three parts of base64url and JSON.</summary>
    public const string Malformed = "token-malformed";

    /// <summary>Nobody of this name is trusted.</summary>
    public const string UnknownIssuer = "token-issuer";

    /// <summary>An algorithm, type or extension that is not taken.</summary>
    public const string Header = "token-header";

    /// <summary>The issuer has no such key.</summary>
    public const string UnknownKey = "token-key";

    /// <summary>Not made with that key, or altered since.</summary>
    public const string Signature = "token-signature";

    /// <summary>For somebody else.</summary>
    public const string Audience = "token-audience";

    /// <summary>Expired, or not valid yet.</summary>
    public const string Time = "token-time";

    /// <summary>Names nobody.</summary>
    public const string Subject = "token-subject";

    /// <summary>Its session has ended.</summary>
    public const string Revoked = "token-revoked";
}
