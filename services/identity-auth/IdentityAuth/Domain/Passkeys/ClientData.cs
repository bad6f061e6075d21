using System.Text.Json;

namespace IdentityAuth.Domain.Passkeys;

/// <summary>What the browser says about the ceremony (WebAuthn Level 3 §5.8.1): the bytes that the signature covers are its JSON.</summary>
internal sealed record ClientData(string Type, string Challenge, string Origin, bool IsCrossOrigin)
{
    public const string Create = "webauthn.create";
    public const string Get = "webauthn.get";

    /// <summary>Reads it; <see langword="null"/> if it is no such object.</summary>
    public static ClientData? TryRead(ReadOnlyMemory<byte> json)
    {
        try
        {
            using var document = JsonDocument.Parse(json, new JsonDocumentOptions { AllowDuplicateProperties = false, MaxDepth = 8 });
            var root = document.RootElement;
            if (root.ValueKind != JsonValueKind.Object
                || Text(root, "type") is not { } type
                || Text(root, "challenge") is not { } challenge
                || Text(root, "origin") is not { } origin)
            {
                return null;
            }

            // In a frame of another site the user may not see whom he answers.
            var isCrossOrigin = root.TryGetProperty("topOrigin", out _)
                || (root.TryGetProperty("crossOrigin", out var cross) && cross.ValueKind != JsonValueKind.False);
            return new ClientData(type, challenge, origin, isCrossOrigin);
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            // InvalidOperationException: a text with half a surrogate pair.
            return null;
        }
    }

    private static string? Text(JsonElement json, string name)
        => json.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
