namespace PhoneSimulator;

/// <summary>What the service answers to a phone that has announced itself.</summary>
/// <param name="Nonce">Text to sign, 44 characters of base64.</param>
/// <param name="ExpiresAt">When the pairing closes, UTC, whole seconds.</param>
/// <param name="UserName">The user who is being paired, for the phone's screen.</param>
public sealed record PairingChallenge(string Nonce, DateTimeOffset ExpiresAt, string UserName);
