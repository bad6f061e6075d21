namespace Pairing.Domain;

/// <summary>Where a pairing stands, as the tenant sees it (contract §4).</summary>
public enum PairingStatus
{
    /// <summary>Unknown, another tenant's, or past its retention.</summary>
    NotFound,

    /// <summary>The token is made; no phone has been seen.</summary>
    Created,

    /// <summary>A phone holds the nonce; its proof may be at work.</summary>
    Pending,

    /// <summary>The phone is linked for good.</summary>
    Approved,

    /// <summary>Superseded, or the proof failed.</summary>
    Denied,

    /// <summary>The end of life came before the link.</summary>
    Expired,
}

public static class PairingStatusExtensions
{
    extension(PairingStatus status)
    {
        /// <summary>Whether it never changes again.</summary>
        public bool IsTerminal => status is PairingStatus.Approved or PairingStatus.Denied or PairingStatus.Expired;

        /// <summary>Position in the state machine: 0 not found, 1 created, 2 pending, 3 terminal. Event <c>id</c> of the status stream.</summary>
        public int Position => status switch
        {
            PairingStatus.NotFound => 0,
            PairingStatus.Created => 1,
            PairingStatus.Pending => 2,
            _ => 3,
        };

        /// <summary>The name on the wire.</summary>
        public string WireName => status switch
        {
            PairingStatus.Created => "CREATED",
            PairingStatus.Pending => "PENDING",
            PairingStatus.Approved => "APPROVED",
            PairingStatus.Denied => "DENIED",
            PairingStatus.Expired => "EXPIRED",
            _ => "NOT_FOUND",
        };
    }
}
