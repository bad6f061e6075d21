namespace IdentityAuth.Contracts.V1;

/// <summary>Somebody has tried to sign in and was refused.</summary>
public sealed record SignInFailed
{
    /// <summary>
    /// What was tried: the HMAC-SHA-256 under a key of the service of the address in lower case, or of the id of an account without one,
    /// base64url without padding. Tells attempts on one account apart from others without naming it; the same for both steps of a sign-in.
    /// </summary>
    public required string AccountKey { get; init; }

    /// <summary>The client's address, IPv4 or IPv6 in text.</summary>
    public required string IpAddress { get; init; }

    /// <summary>Why, a lower-case word such as <c>credentials</c>, <c>suspended</c> or <c>mfa</c>; more may be added.</summary>
    public required string Reason { get; init; }

    /// <summary>When it happened (UTC).</summary>
    public required DateTimeOffset OccurredAt { get; init; }
}
