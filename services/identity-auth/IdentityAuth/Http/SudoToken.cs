using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using IdentityAuth.Data;
using IdentityAuth.Domain;

namespace IdentityAuth.Http;

/// <summary>
/// Sudo tokens (contract §1.8): a JWT (RFC 7519) signed with HS256, for one account and one session. Made and read by this service
/// alone, so exactly one header is accepted and nothing in it is looked at.
/// </summary>
internal sealed class SudoToken(IdentityAuthOptions options, TimeProvider clock)
{
    public static readonly TimeSpan Lifetime = TimeSpan.FromSeconds(300);

    private const int MaximumLength = 1_024;

    private static readonly string Header = Base64Url.EncodeToString("""{"alg":"HS256","typ":"JWT"}"""u8);

    private readonly byte[] _key = HKDF.DeriveKey(
        HashAlgorithmName.SHA256, Encoding.UTF8.GetBytes(options.SudoKey!), 32, info: "platform/identity-auth/sudo/v1"u8.ToArray());

    public string Issue(Caller caller)
    {
        var now = clock.GetUtcNow().ToUnixTimeSeconds();
        var payload = JsonSerializer.SerializeToUtf8Bytes(new Claims(
            "sudo", Snowflake.Text(caller.User.Id), caller.Session.IdHash, now, now + (long)Lifetime.TotalSeconds));
        var signed = $"{Header}.{Base64Url.EncodeToString(payload)}";
        return $"{signed}.{Base64Url.EncodeToString(Sign(signed))}";
    }

    /// <summary>Whether a token is ours, for this account and session, and not over.</summary>
    public bool IsValid(string? token, Caller caller)
    {
        // 1. Three parts, with our header.
        if (token is null or { Length: > MaximumLength } || token.Split('.') is not [var header, var payload, var signature] || header != Header)
        {
            return false;
        }

        // 2. Our signature (RFC 7515 §5.2).
        Span<byte> given = stackalloc byte[HMACSHA256.HashSizeInBytes];
        if (signature.Length != Base64Url.GetEncodedLength(given.Length)
            || !Base64Url.IsValid(signature)
            || !Base64Url.TryDecodeFromChars(signature, given, out _)
            || !CryptographicOperations.FixedTimeEquals(given, Sign($"{header}.{payload}")))
        {
            return false;
        }

        // 3. What we wrote, so it can be read.
        var claims = JsonSerializer.Deserialize<Claims>(Base64Url.DecodeFromChars(payload))!;
        return claims.type == "sudo"
            && claims.sub == Snowflake.Text(caller.User.Id)
            && claims.sid == caller.Session.IdHash
            && clock.GetUtcNow().ToUnixTimeSeconds() < claims.exp;
    }

    private byte[] Sign(string text) => HMACSHA256.HashData(_key, Encoding.UTF8.GetBytes(text));

#pragma warning disable IDE1006 // Names on the wire (RFC 7519 §4.1).
    private sealed record Claims(string type, string sub, string sid, long iat, long exp);
#pragma warning restore IDE1006
}
