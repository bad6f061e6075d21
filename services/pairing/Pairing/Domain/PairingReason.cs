namespace Pairing.Domain;

/// <summary>Why a pairing has its status: member <c>reason</c> of the status, and of the event that tells of a refusal.</summary>
public static class PairingReason
{
    public const string Created = "created";

    /// <summary>Created in the place of an unfinished pairing of the same user.</summary>
    public const string Recreated = "recreated";

    public const string Initialized = "initialized";
    public const string Completed = "completed";

    /// <summary>The tenant has created a newer pairing for the same user.</summary>
    public const string Superseded = "superseded";

    public const string SignatureInvalid = "signature_invalid";
    public const string DataTokenInvalid = "data_token_invalid";
    public const string UserAlreadyPaired = "user_already_paired";

    /// <summary>
    /// Only with <c>Pairing:RejectReusedKeys</c>: another user was linked with the same key after this phone's init.
    /// Not in the contract's list, because the contract lets this race open.
    /// </summary>
    public const string PublicKeyInvalid = "public_key_invalid";

    public const string Expired = "expired";
}
