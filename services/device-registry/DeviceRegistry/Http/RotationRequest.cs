using DeviceRegistry.Domain;
using Microsoft.Net.Http.Headers;

namespace DeviceRegistry.Http;

/// <summary>Reads the body of rotate and of revoke, which takes the same (contract §5.19, §5.20).</summary>
internal static class RotationRequest
{
    private const int MaximumReason = 256;

    /// <summary>Reads a body that asks for a rotation.</summary>
    public static async Task<(KeyRotation? Rotation, IResult? Refusal)> ReadAsync(HttpContext http)
    {
        var (body, problem) = await StrictJsonBody.ReadAsync(http.Request, StrictJsonBody.LargeLimit);
        return body is null ? (null, problem) : Read(http, body, isRequired: true);
    }

    /// <summary>Reads a body that may ask for a rotation: with entries or with new secrets it does.</summary>
    public static async Task<(KeyRotation? Rotation, IResult? Refusal)> ReadOptionalAsync(HttpContext http)
    {
        var (body, problem) = await StrictJsonBody.ReadOptionalAsync(http.Request, StrictJsonBody.LargeLimit);
        return body is null ? (null, problem) : Read(http, body, isRequired: false);
    }

    private static (KeyRotation? Rotation, IResult? Refusal) Read(HttpContext http, StrictJsonBody body, bool isRequired)
    {
        using (body)
        {
            var entries = body.OptionalObjects("deviceKeys", PublishedLimits.MaximumDeviceKeys);
            if (isRequired && entries is null or { Count: 0 } && body.Refusal is null)
            {
                body.Fault("deviceKeys", "must have at least one entry");
            }

            var rotation = new KeyRotation(
                [.. (entries ?? []).Select(Read)],
                body.OptionalBytes("newEncryptedSecrets", PublishedLimits.MinimumCiphertext, PublishedLimits.MaximumSecrets),
                body.OptionalString("reason", MaximumReason, allowControls: true),
                Expectation(http, body));
            if (body.Refusal is { } refusal)
            {
                return (null, refusal);
            }

            return isRequired || rotation.Entries.Count > 0 || rotation.NewSecrets is not null ? (rotation, null) : (null, null);
        }
    }

    private static RotationEntry Read(StrictJsonBody.Element entry)
    {
        var text = entry.RequiredText("deviceId") ?? "";
        return new RotationEntry(
            text,
            PathValues.Id(text),
            entry.RequiredBytes(
                "encryptedGroupKey", PublishedLimits.MinimumCiphertext, PublishedLimits.MaximumWrappedKey, DeviceRegistryProblems.InvalidEncryptedKey),
            entry.OptionalPublicKey("senderPublicKey")?.Der);
    }

    // Compare and swap: If-Match, else the body's number, else the version that was there when the request arrived.
    private static Func<long, bool> Expectation(HttpContext http, StrictJsonBody body)
    {
        var expected = body.OptionalInteger("expectedKeyVersion");
        var header = http.Request.Headers.IfMatch;
        if (header.Count == 0)
        {
            var version = expected ?? http.Access.Group.KeyVersion;
            return current => current == version;
        }

        if (!EntityTagHeaderValue.TryParseList(header, out var tags))
        {
            body.Fault("If-Match", "must be \"kv-N\"");
            return _ => false;
        }

        var arrival = http.Access.Group.KeyVersion;
        return current => tags.Any(tag => tag.Tag == "*" ? current == arrival : !tag.IsWeak && tag.Tag == KeyVersions.TagOf(current));
    }
}
