using System.Buffers;
using System.Buffers.Text;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace IdentityAuth.Domain.Tokens;

/// <summary>What an access token says about its user.</summary>
/// <param name="UserId">Claims <c>sub</c> and <c>user.identity</c>.</param>
/// <param name="SessionId">Claim <c>sid</c>: SHA-256 of the session token, base64url.</param>
/// <param name="Email">Only a verified address; otherwise <see langword="null"/>.</param>
/// <param name="DisplayName">Claim <c>user.firstName</c>: there are no first and last names here.</param>
/// <param name="IsAdministrator">Role <c>admin</c> on the whole platform.</param>
public sealed record AccessTokenSubject(string UserId, string SessionId, string? Email, string DisplayName, bool IsAdministrator);

/// <summary>Makes access tokens for the platform's services (platform design §5; RFC 9068 with the platform's own <c>user</c> object).</summary>
public static class AccessToken
{
    /// <summary>Claim <c>aud</c>.</summary>
    public const string Audience = "platform";

    /// <summary>From <c>iat</c> to <c>exp</c>.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromSeconds(300);

    // A JWT is never part of a page: "at+jwt" and names stay as they are.
    private static readonly JsonWriterOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Signs a token (RFC 7515 §5.1).</summary>
    public static string Issue(SigningKey key, string issuer, AccessTokenSubject subject, DateTimeOffset now)
    {
        var text = new ArrayBufferWriter<byte>(1024);
        var part = new ArrayBufferWriter<byte>(512);
        using var writer = new Utf8JsonWriter(part, Plain);

        writer.WriteStartObject();
        writer.WriteString("alg"u8, "ES256"u8);
        writer.WriteString("typ"u8, "at+jwt"u8);
        writer.WriteString("kid"u8, key.KeyId);
        writer.WriteEndObject();
        writer.Flush();
        Append(text, part.WrittenSpan);
        text.Write("."u8);

        part.ResetWrittenCount();
        writer.Reset();
        WriteClaims(writer, issuer, subject, now.ToUnixTimeSeconds());
        writer.Flush();
        Append(text, part.WrittenSpan);

        var signature = key.Sign(text.WrittenSpan);
        text.Write("."u8);
        Append(text, signature);
        return Encoding.ASCII.GetString(text.WrittenSpan);
    }

    private static void WriteClaims(Utf8JsonWriter writer, string issuer, AccessTokenSubject subject, long issuedAt)
    {
        writer.WriteStartObject();
        writer.WriteString("iss"u8, issuer);
        writer.WriteString("aud"u8, Audience);
        writer.WriteString("sub"u8, subject.UserId);
        writer.WriteString("sid"u8, subject.SessionId);
        writer.WriteNumber("iat"u8, issuedAt);
        writer.WriteNumber("exp"u8, issuedAt + (long)Lifetime.TotalSeconds);
        writer.WriteString("jti"u8, Guid.CreateVersion7());
        writer.WriteStartObject("user"u8);
        writer.WriteString("identity"u8, subject.UserId);
        if (subject.Email is not null)
        {
            writer.WriteString("email"u8, subject.Email);
        }

        writer.WriteString("firstName"u8, subject.DisplayName);
        writer.WriteString("lastName"u8, ""u8);
        writer.WriteStartArray("roles"u8);
        if (subject.IsAdministrator)
        {
            writer.WriteStringValue("admin"u8);
        }

        writer.WriteEndArray();
        // Memberships are device-registry's own records.
        writer.WriteStartArray("groups"u8);
        writer.WriteEndArray();
        writer.WriteStartArray("groupRoles"u8);
        writer.WriteEndArray();
        writer.WriteEndObject();
        writer.WriteEndObject();
    }

    private static void Append(ArrayBufferWriter<byte> buffer, ReadOnlySpan<byte> bytes)
    {
        var text = buffer.GetSpan(Base64Url.GetEncodedLength(bytes.Length));
        buffer.Advance(Base64Url.EncodeToUtf8(bytes, text));
    }
}
