namespace IdentityAuth.Contracts.V1;

/// <summary>Somebody has tried to sign in and was refused.</summary>
public sealed record SignInFailed
{
    /// <summary>
    /// What was tried: the account's id, or for an address its HMAC-SHA-256 under a key of the service, base64url without padding, which
    /// tells attempts on one address apart from others without naming it.
    /// </summary>
    public required string AccountKey { get; init; }

    /// <summary>The client's address, IPv4 or IPv6 in text.</summary>
    public required string IpAddress { get; init; }

    /// <summary>Why, a lower-case word such as <c>credentials</c>, <c>suspended</c>, <c>mfa</c> or <c>passkey</c>; more may be added.</summary>
    public required string Reason { get; init; }

    /// <summary>When it happened (UTC).</summary>
    public required DateTimeOffset OccurredAt { get; init; }
}
