using System.Buffers.Text;
using System.Text.Json;

namespace IdentityAuth.Domain.Passkeys;

/// <summary>An assertion as a browser sends it (contract §1.9; WebAuthn Level 3 §5.1.8, <c>AuthenticationResponseJSON</c>), decoded.</summary>
public sealed record AssertionResponse(byte[] CredentialId, byte[] ClientDataJson, byte[] AuthenticatorData, byte[] Signature, byte[]? UserHandle)
{
    /// <summary>Reads it; <see langword="null"/> if a member is missing or is not what it has to be.</summary>
    public static AssertionResponse? TryRead(JsonElement json)
        => PasskeyJson.TryReadFrame(json) is { } frame
            && PasskeyJson.Bytes(frame.Response, "clientDataJSON") is { } clientData
            && PasskeyJson.Bytes(frame.Response, "authenticatorData") is { } authenticatorData
            && PasskeyJson.Bytes(frame.Response, "signature") is { } signature
            && PasskeyJson.TryReadOptionalBytes(frame.Response, "userHandle", out var userHandle)
                ? new AssertionResponse(frame.Id, clientData, authenticatorData, signature, userHandle)
                : null;
}

/// <summary>A new credential as a browser sends it (<c>RegistrationResponseJSON</c>), decoded.</summary>
public sealed record AttestationResponse(byte[] CredentialId, byte[] ClientDataJson, byte[] AttestationObject, IReadOnlyList<string> Transports)
{
    private const int MaximumTransports = 8;
    private const int MaximumTransportLength = 32;

    /// <summary>Reads it; <see langword="null"/> if a member is missing or is not what it has to be.</summary>
    public static AttestationResponse? TryRead(JsonElement json)
        => PasskeyJson.TryReadFrame(json) is { } frame
            && PasskeyJson.Bytes(frame.Response, "clientDataJSON") is { } clientData
            && PasskeyJson.Bytes(frame.Response, "attestationObject") is { } attestation
                ? new AttestationResponse(frame.Id, clientData, attestation, ReadTransports(frame.Response))
                : null;

    // Hints for the browser, kept and given back; not checked against a list, because the list grows (§5.8.4).
    private static string[] ReadTransports(JsonElement response)
        => response.TryGetProperty("transports", out var transports) && transports.ValueKind == JsonValueKind.Array
            ? [.. transports.EnumerateArray()
                .Select(PasskeyJson.Text)
                .OfType<string>()
                .Where(item => item.Length is > 0 and <= MaximumTransportLength && item.All(c => char.IsAsciiLetterLower(c) || c == '-'))
                .Distinct(StringComparer.Ordinal)
                .Take(MaximumTransports)]
            : [];
}

/// <summary>What the two have in common.</summary>
internal static class PasskeyJson
{
    private const string PublicKeyType = "public-key";

    public static (byte[] Id, JsonElement Response)? TryReadFrame(JsonElement json)
    {
        if (json.ValueKind != JsonValueKind.Object
            || !json.TryGetProperty("response", out var response) || response.ValueKind != JsonValueKind.Object
            || !json.TryGetProperty("type", out var type) || Text(type) != PublicKeyType
            || Bytes(json, "rawId") is not { Length: > 0 } rawId
            || Bytes(json, "id") is not { } id || !id.AsSpan().SequenceEqual(rawId))
        {
            return null;
        }

        return (rawId, response);
    }

    public static byte[]? Bytes(JsonElement json, string name)
        => json.TryGetProperty(name, out var value) && Text(value) is { } text ? Decode(text) : null;

    /// <summary>The text of a string; <see langword="null"/> for anything else and for half a surrogate pair.</summary>
    public static string? Text(JsonElement value)
    {
        try
        {
            return value.ValueKind == JsonValueKind.String ? value.GetString() : null;
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }

    public static bool TryReadOptionalBytes(JsonElement json, string name, out byte[]? bytes)
    {
        bytes = null;
        if (!json.TryGetProperty(name, out var value) || value.ValueKind == JsonValueKind.Null)
        {
            return true;
        }

        bytes = Bytes(json, name);
        return bytes is not null;
    }

    private static byte[]? Decode(string text)
    {
        if (!Base64Url.IsValid(text) || text.AsSpan().ContainsAny(" \t\r\n="))
        {
            return null;
        }

        return Base64Url.DecodeFromChars(text);
    }
}
