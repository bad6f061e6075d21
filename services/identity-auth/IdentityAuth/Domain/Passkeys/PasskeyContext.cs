namespace IdentityAuth.Domain.Passkeys;

/// <summary>What a challenge was given out for; it is good for nothing else (contract §1.9).</summary>
public enum PasskeyContext
{
    /// <summary>A signed-in user adds a credential.</summary>
    Registration,

    /// <summary>Somebody signs in with a passkey alone.</summary>
    Discoverable,

    /// <summary>The second factor of a sign-in, bound to its ticket.</summary>
    Mfa,

    /// <summary>A signed-in user proves that it is him.</summary>
    Sudo,
}
