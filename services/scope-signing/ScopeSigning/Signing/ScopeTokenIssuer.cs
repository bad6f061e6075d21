using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Npgsql;
using ScopeSigning.Data;
using ScopeSigning.Domain;

namespace ScopeSigning.Signing;

/// <summary>Signs scope tokens with the built-in issuers. The only place that opens a private key, for as long as one signature takes.</summary>
internal sealed class ScopeTokenIssuer(SealedData sealedData, IssuerIdentity identity, TimeProvider clock)
{
    /// <summary>The header's <c>typ</c> (RFC 8725 §3.11): no other token of ours or of a person has it.</summary>
    public const string TokenType = "scope+jwt";

    private static readonly TimeSpan EmailLifetime = TimeSpan.FromDays(365);

    /// <summary>Half as long as for e-mail, because numbers are given to other people.</summary>
    private static readonly TimeSpan PhoneLifetime = TimeSpan.FromDays(180);

    public static TimeSpan LongestLifetime => EmailLifetime;

    /// <exception cref="InvalidOperationException">The issuer has no active key.</exception>
    public async Task<SignedScope> SignAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, JobRow job, ScopeValue value, CancellationToken cancellationToken)
    {
        var key = await IssuerKeyStore.FindActiveAsync(connection, transaction, job.Test, cancellationToken)
            ?? throw new InvalidOperationException("The issuer has no active key.");
        var now = clock.GetUtcNow().ToUnixTimeSeconds();
        var expires = now + (long)(job.Scope == ScopeKind.Phone ? PhoneLifetime : EmailLifetime).TotalSeconds;
        var issuer = identity.For(job.Test);

        var header = $$"""{"alg":"EdDSA","typ":"{{TokenType}}","kid":"{{key.Kid}}"}""";
        var payload = Write(job, value, issuer, now, expires);
        var signingInput = $"{Base64UrlText.Encode(Encoding.ASCII.GetBytes(header))}.{Base64UrlText.Encode(payload)}";
        var seed = sealedData.Open(key.PrivateKey, SealedKind.IssuerKey, key.Kid);
        try
        {
            var signature = Ed25519.Sign(seed, Encoding.ASCII.GetBytes(signingInput));
            return new SignedScope($"{signingInput}.{Base64UrlText.Encode(signature)}", issuer, expires, ProvesValue: !job.Test);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(seed);
        }
    }

    private static byte[] Write(JobRow job, ScopeValue value, string issuer, long now, long expires)
    {
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            writer.WriteStartObject();
            writer.WriteString("iss", issuer);
            writer.WriteString("sub", job.Sub);
            writer.WriteString("scope", job.Scope);
            if (job.Scope == ScopeKind.Phone)
            {
                writer.WriteString("phone", value.Phone);
                writer.WriteString("phone_number", value.Phone);
                writer.WriteBoolean("phone_number_verified", true);
                writer.WriteString("phone_type", job.Channel == Channel.Tts ? "landline" : "mobile");
            }
            else
            {
                writer.WriteString("email", value.Email);
                writer.WriteBoolean("email_verified", true);
            }

            writer.WriteNumber("iat", now);
            writer.WriteNumber("nbf", now);
            writer.WriteNumber("exp", expires);
            writer.WriteString("jti", Base64UrlText.Encode(RandomNumberGenerator.GetBytes(16)));
            if (job.Test)
            {
                writer.WriteBoolean("test", true);
            }

            writer.WriteEndObject();
        }

        return buffer.ToArray();
    }
}
