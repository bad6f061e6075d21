namespace Pairing.Domain;

/// <summary>What a phone says about itself at init, checked.</summary>
/// <param name="DeviceId">The name that the phone chose, 1–128 characters; compared exactly.</param>
/// <param name="DisplayName">What the user calls it, trimmed, 1–128 characters.</param>
/// <param name="PublicKey">Its P-256 key.</param>
/// <param name="PushToken">Its push token, 1–4096 characters. A secret: sealed before it is stored anywhere.</param>
/// <param name="Platform"><c>ANDROID</c> or <c>IOS</c>.</param>
/// <param name="OsVersion">Version of its system, up to 64 characters.</param>
/// <param name="Model">Its model, up to 128 characters.</param>
public sealed record PairedDevice(
    string DeviceId,
    string DisplayName,
    DevicePublicKey PublicKey,
    string PushToken,
    string Platform,
    string? OsVersion,
    string? Model)
{
    /// <summary>Whether a push service can take the token: printable ASCII without spaces.</summary>
    public bool HasUsablePushToken => !PushToken.AsSpan().ContainsAnyExceptInRange('!', '~');

    // A record's own text would show the push token to whoever logs it.
    public override string ToString() => $"{DeviceId} ({Platform})";
}
