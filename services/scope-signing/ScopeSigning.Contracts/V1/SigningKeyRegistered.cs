namespace ScopeSigning.Contracts.V1;

/// <summary>A person's key was registered.</summary>
public sealed record SigningKeyRegistered
{
    /// <summary>The public key and identity: 43 base64url characters.</summary>
    public required string Sub { get; init; }

    /// <summary>When it was registered, UTC.</summary>
    public required DateTimeOffset OccurredAt { get; init; }
}
