namespace ScopeSigning.Contracts.V1;

/// <summary>A website asked to wake a phone for a sign-in. Neither the website's callback nor the device token is told.</summary>
public sealed record PushLoginRequested
{
    /// <summary>The key whose phone is to be woken: 43 base64url characters.</summary>
    public required string Sub { get; init; }

    /// <summary>After this moment the push is dropped, not sent late; UTC.</summary>
    public required DateTimeOffset ExpiresAt { get; init; }

    /// <summary>When it was asked, UTC.</summary>
    public required DateTimeOffset OccurredAt { get; init; }
}
