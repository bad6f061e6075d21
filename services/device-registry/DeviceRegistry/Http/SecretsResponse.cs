using DeviceRegistry.Data;

namespace DeviceRegistry.Http;

/// <summary>A group's secrets, as clients encrypted them (contract §9).</summary>
/// <param name="Version">Counts what was stored.</param>
/// <param name="EncryptedPayload">base64 of IV ‖ ciphertext ‖ tag.</param>
/// <param name="KeyReady">Whether the group has a key.</param>
public sealed record SecretsResponse(
    Guid SecretId, long GroupId, long Version, string EncryptedPayload, bool KeyReady, DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt)
{
    internal static SecretsResponse Of(long groupId, GroupSecrets secrets, bool keyReady)
        => new(secrets.SecretId, groupId, secrets.Version, Convert.ToBase64String(secrets.Payload), keyReady, secrets.CreatedAt, secrets.UpdatedAt);
}
