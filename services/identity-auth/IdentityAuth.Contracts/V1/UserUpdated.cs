namespace IdentityAuth.Contracts.V1;

/// <summary>An account has changed. The new values are not told; who needs them asks.</summary>
public sealed record UserUpdated
{
    /// <summary>The account: a snowflake in decimal digits, the <c>sub</c> of its tokens.</summary>
    public required string UserId { get; init; }

    /// <summary>Names of the members that changed, such as <c>email</c>, <c>verified</c> or <c>authenticator_types</c>; at least one.</summary>
    public required IReadOnlyList<string> Fields { get; init; }

    /// <summary>When it happened (UTC).</summary>
    public required DateTimeOffset OccurredAt { get; init; }
}
