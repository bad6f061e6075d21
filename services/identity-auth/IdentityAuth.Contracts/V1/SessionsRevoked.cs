namespace IdentityAuth.Contracts.V1;

/// <summary>Sessions have ended by somebody's decision, not by age. Whoever keeps something on their account drops it.</summary>
public sealed record SessionsRevoked
{
    /// <summary>The account: a snowflake in decimal digits, the <c>sub</c> of its tokens.</summary>
    public required string UserId { get; init; }

    /// <summary>The sessions that ended, at least one: SHA-256 of each token, base64url without padding, 43 characters. Claim <c>sid</c> of their JWTs.</summary>
    public required IReadOnlyList<string> IdHashes { get; init; }

    /// <summary>Why, a lower-case word such as <c>logout</c>, <c>password_changed</c> or <c>device_revoked</c>; more may be added.</summary>
    public required string Reason { get; init; }

    /// <summary>When it happened (UTC).</summary>
    public required DateTimeOffset OccurredAt { get; init; }
}
