namespace ScopeSigning.Contracts.V1;

/// <summary>A person's key was revoked, for good. Its jobs and bindings are gone.</summary>
public sealed record SigningKeyRevoked
{
    /// <summary>The public key and identity: 43 base64url characters.</summary>
    public required string Sub { get; init; }

    /// <summary><c>secret</c> (the revocation secret) or <c>code</c> (e-mail address, phone number and a mailed code).</summary>
    public required string Method { get; init; }

    /// <summary>When it was revoked, UTC.</summary>
    public required DateTimeOffset OccurredAt { get; init; }
}
