namespace Pairing.Domain;

/// <summary>How far a pairing has come, as it is stored. <see cref="Verifying"/> is internal: one complete is at work.</summary>
public enum PairingStage
{
    Created,
    Pending,
    Verifying,
    Approved,
    Denied,
    Expired,
}

/// <summary>A pairing as it is stored; what it is <em>now</em> depends on the clock.</summary>
/// <param name="TenantId">The tenant to which it may be shown.</param>
/// <param name="Stage">The stage that was written last.</param>
/// <param name="Reason">Why it has that stage.</param>
/// <param name="ExpiresAt">The first moment at which it cannot be used any more.</param>
/// <param name="VisibleUntil">The first moment at which it is forgotten.</param>
public sealed record PairingState(
    Guid TenantId, PairingStage Stage, string Reason, DateTimeOffset ExpiresAt, DateTimeOffset VisibleUntil)
{
    /// <summary>
    /// The status at a moment. The end of life counts by the clock, not by when a sweep has written it down; a proof that was begun
    /// before the end may finish after it.
    /// </summary>
    public PairingView ViewAt(DateTimeOffset now)
    {
        if (now >= VisibleUntil && Stage != PairingStage.Verifying)
        {
            return PairingView.NotFound;
        }

        return Stage switch
        {
            PairingStage.Approved => new(PairingStatus.Approved, Reason),
            PairingStage.Denied => new(PairingStatus.Denied, Reason),
            PairingStage.Verifying => new(PairingStatus.Pending, Reason),
            _ when Stage == PairingStage.Expired || now >= ExpiresAt => new(PairingStatus.Expired, PairingReason.Expired),
            PairingStage.Created => new(PairingStatus.Created, Reason),
            _ => new(PairingStatus.Pending, Reason),
        };
    }
}

/// <summary>A pairing's status with its reason, as the tenant sees them.</summary>
public readonly record struct PairingView(PairingStatus Status, string? Reason)
{
    public static PairingView NotFound { get; } = new(PairingStatus.NotFound, null);

    /// <summary>A linked pairing: visible for 24 hours after the link, then forgotten.</summary>
    public static PairingView Linked(DateTimeOffset linkedAt, DateTimeOffset now)
        => now < linkedAt + PairingRules.ApprovedRetention ? new(PairingStatus.Approved, PairingReason.Completed) : NotFound;
}
