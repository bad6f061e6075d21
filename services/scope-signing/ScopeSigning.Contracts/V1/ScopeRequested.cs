namespace ScopeSigning.Contracts.V1;

/// <summary>Somebody asked to have an e-mail address, phone number or postal address signed. The value itself is not told.</summary>
public sealed record ScopeRequested
{
    /// <summary>Names the job in events. It is not the job's id, which is a secret of the person.</summary>
    public required Guid JobReference { get; init; }

    /// <summary>The key that asked: 43 base64url characters.</summary>
    public required string Sub { get; init; }

    /// <summary><c>email</c>, <c>phone</c> or <c>address</c>.</summary>
    public required string Scope { get; init; }

    /// <summary>Whether the test issuer is to sign it.</summary>
    public required bool Test { get; init; }

    /// <summary>When the job ends unless it is confirmed, UTC.</summary>
    public required DateTimeOffset ExpiresAt { get; init; }

    /// <summary>When it was asked, UTC.</summary>
    public required DateTimeOffset OccurredAt { get; init; }
}
