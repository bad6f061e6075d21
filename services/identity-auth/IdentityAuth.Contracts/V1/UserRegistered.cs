namespace IdentityAuth.Contracts.V1;

/// <summary>Somebody has made an account.</summary>
public sealed record UserRegistered
{
    /// <summary>The account: a snowflake in decimal digits, the <c>sub</c> of its tokens.</summary>
    public required string UserId { get; init; }

    /// <summary>The invitation that he came with, as he typed it, 1–256 characters.</summary>
    public string? InviteCode { get; init; }

    /// <summary>When it happened (UTC).</summary>
    public required DateTimeOffset OccurredAt { get; init; }
}
