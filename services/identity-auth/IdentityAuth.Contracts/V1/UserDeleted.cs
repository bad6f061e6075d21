namespace IdentityAuth.Contracts.V1;

/// <summary>An account is gone for good: its days of grace are over and its records are erased.</summary>
public sealed record UserDeleted
{
    /// <summary>The account: a snowflake in decimal digits, the <c>sub</c> of its tokens.</summary>
    public required string UserId { get; init; }

    /// <summary>When it happened (UTC).</summary>
    public required DateTimeOffset OccurredAt { get; init; }
}
