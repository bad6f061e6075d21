using Pairing.Domain;

namespace Pairing.Data;

/// <summary>A pairing that was written, and those that it ended.</summary>
/// <param name="Reason"><c>created</c> or <c>recreated</c>.</param>
internal sealed record CreatedPairing(string Reason, IReadOnlyList<Guid> Superseded);

/// <summary>A device as init stores it: checked, its push token sealed.</summary>
/// <param name="Row">The id of its row to come, to which the push token is bound.</param>
internal sealed record AnnouncedDevice(
    Guid Row,
    string DeviceId,
    string DisplayName,
    string Platform,
    string? OsVersion,
    string? Model,
    DevicePublicKey PublicKey,
    byte[] SealedPushToken,
    bool HasUsablePushToken);

/// <summary>Why the state does not admit an operation.</summary>
internal enum StoreRefusal
{
    None,
    NotFound,
    TenantMismatch,
    AlreadyInitialized,
    NotPending,
    Replayed,
}

/// <param name="ExpiresAt">When it succeeded: the pairing's end, in seconds since the epoch.</param>
/// <param name="Username">When it succeeded: the user's name.</param>
internal readonly record struct InitializeOutcome(StoreRefusal Refusal, long ExpiresAt, string Username);

/// <param name="Proof">When it succeeded: what the proof is checked against.</param>
internal readonly record struct ClaimOutcome(StoreRefusal Refusal, ClaimedProof? Proof);

/// <summary>What a complete needs of the pairing that it has claimed.</summary>
internal sealed record ClaimedProof(
    string Nonce,
    Guid Row,
    string DeviceId,
    string DisplayName,
    string Platform,
    string? OsVersion,
    string? Model,
    DevicePublicKey PublicKey,
    byte[] SealedPushToken,
    bool HasUsablePushToken);

/// <summary>A pairing whose end has come.</summary>
internal sealed record ExpiredPairing(Guid Jti, Guid TenantId, Guid UserId, DateTimeOffset ExpiresAt);
