namespace IdentityAuth.Contracts.V1;

/// <summary>Somebody has signed in.</summary>
public sealed record SessionCreated
{
    /// <summary>The account: a snowflake in decimal digits, the <c>sub</c> of its tokens.</summary>
    public required string UserId { get; init; }

    /// <summary>The session: SHA-256 of its token, base64url without padding, 43 characters. Claim <c>sid</c> of its JWTs.</summary>
    public required string IdHash { get; init; }

    /// <summary>How: <c>password</c>, <c>totp</c>, <c>sms</c>, <c>webauthn</c>, <c>passkey</c>, <c>sso</c>, <c>ip_authorization</c>, <c>handoff</c>, <c>reset</c>, <c>revert</c> or <c>register</c>; more may be added.</summary>
    public required string Method { get; init; }

    /// <summary>The invitation that he came with, as he typed it, 1–256 characters.</summary>
    public string? InviteCode { get; init; }

    /// <summary>When it happened (UTC).</summary>
    public required DateTimeOffset OccurredAt { get; init; }
}
