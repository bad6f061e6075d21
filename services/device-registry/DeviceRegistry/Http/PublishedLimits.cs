namespace DeviceRegistry.Http;

/// <summary>Sizes of what clients encrypt, in bytes (contract §1.5). A ciphertext is IV (12) ‖ text ‖ tag (16).</summary>
internal static class PublishedLimits
{
    public const int MinimumCiphertext = 28;

    public const int MaximumWrappedKey = 4096;

    public const int MaximumSecrets = 512 * 1024;

    /// <summary>Entries of one rotation.</summary>
    public const int MaximumDeviceKeys = 1_000;
}
