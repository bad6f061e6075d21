namespace ScopeSigning.Contracts.V1;

/// <summary>An issuer signed the value. The token itself is not told: it belongs to the person.</summary>
public sealed record ScopeSigned
{
    /// <summary>Names the job in events. It is not the job's id, which is a secret of the person.</summary>
    public required Guid JobReference { get; init; }

    /// <summary>The key that the token is about: 43 base64url characters.</summary>
    public required string Sub { get; init; }

    /// <summary><c>email</c>, <c>phone</c> or <c>address</c>.</summary>
    public required string Scope { get; init; }

    /// <summary>Whether it is a test token, which no relying party trusts.</summary>
    public required bool Test { get; init; }

    /// <summary>The token's <c>iss</c>: our issuer, our test issuer or an authority.</summary>
    public required string Issuer { get; init; }

    /// <summary>The token's <c>exp</c>, UTC.</summary>
    public required DateTimeOffset ExpiresAt { get; init; }

    /// <summary>When it was signed, UTC.</summary>
    public required DateTimeOffset OccurredAt { get; init; }
}
