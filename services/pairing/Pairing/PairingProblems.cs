using Pairing.Http;

namespace Pairing;

/// <summary>
/// Everything that this service can refuse, with the status, title and code of contract §1.1. A code is part of the API: phones
/// show it, a retired one is never used again.
/// </summary>
public static class PairingProblems
{
    // The pairing's state.
    public static readonly Problem NotFoundOrExpired = new(400, "Pairing unavailable", "pairing_not_found_or_expired", "There is no such pairing, or its time is over.");
    public static readonly Problem AlreadyInitialized = new(400, "Pairing unavailable", "pairing_already_initialized", "A phone has used this pairing's token before. The user has to ask for a new QR code.");
    public static readonly Problem NotPending = new(400, "Pairing unavailable", "pairing_not_pending", "The pairing waits for init, is being completed right now, or has been denied.");
    public static readonly Problem Replayed = new(400, "Pairing unavailable", "pairing_replayed", "The pairing is completed already.");
    public static readonly Problem TenantMismatch = new(400, "Pairing unavailable", "tenant_mismatch", "The token's tenant is not the pairing's.");
    public static readonly Problem UserAlreadyPaired = new(400, "Pairing unavailable", "user_already_paired", "The user is linked to a phone already.");

    // What the phone sends.
    public static readonly Problem SignatureMalformed = new(400, "Proof rejected", "signature_malformed", "The signature is not 64 bytes r‖s in base64url. Nothing is used up: the phone can try again.");
    public static readonly Problem SignatureInvalid = new(400, "Proof rejected", "signature_invalid", "The signature is not the announced key's over the nonce text. The pairing is denied.");
    public static readonly Problem PublicKeyInvalid = new(400, "Public key rejected", "public_key_invalid", "The public key is not an uncompressed P-256 key in SPKI form, or, where reused keys are refused, another user has it.");
    public static readonly Problem DataTokenInvalid = new(400, "Data token rejected", "data_token_invalid", "The data token cannot be opened, or what is in it is not acceptable. The pairing is denied.");
    public static readonly Problem ValidationFailed = new(400, "Bad request", "validation_failed", "A field or path parameter is missing or out of range; `fields` says which.");
    public static readonly Problem InvalidJson = new(400, "Bad request", "invalid_json", "The body is not one JSON object: syntax, duplicate members, depth over 16, trailing data or bytes that are not UTF-8.");
    public static readonly Problem PayloadTooLarge = new(413, "Payload too large", "payload_too_large", "The body is larger than this operation takes.");
    public static readonly Problem UnsupportedMediaType = new(415, "Unsupported media type", "unsupported_media_type", "The body has to be application/json in UTF-8.");

    // Who asks.
    public static readonly Problem InvalidToken = new(401, "Unauthorized", "invalid_token", "The pairing token is missing, not genuine, not for this service or not valid now.");
    public static readonly Problem InvalidApiKey = new(401, "Unauthorized", "invalid_api_key", "Header X-API-Key is missing or unknown.");
    public static readonly Problem InvalidTokenClaims = new(403, "Token rejected", "invalid_token_claims", "The pairing token is genuine, but lacks a jti, tenant or user that is a UUID.");
    public static readonly Problem RateLimited = new(429, "Too many requests", "rate_limited", "Too many attempts; Retry-After says when the next one is welcome. Nothing is used up.");

    // The API as such.
    public static readonly Problem NotFound = new(404, "Not found", "not_found", "There is nothing here.");
    public static readonly Problem MethodNotAllowed = new(405, "Method not allowed", "method_not_allowed", "This path has no such method.");
    public static readonly Problem BadRequest = new(400, "Bad request", "bad_request", "The request is not well-formed HTTP.");
    public static readonly Problem InternalError = new(500, "Internal error", "internal_error", "Something failed on our side.");
    public static readonly Problem ServiceUnavailable = new(503, "Service unavailable", "service_unavailable", "A server that this operation needs is away; Retry-After says when to try again. Nothing is used up.");

    /// <summary>The problem for a status that no operation answered itself.</summary>
    public static Problem ForStatus(int status) => status switch
    {
        401 => InvalidToken,
        403 => InvalidTokenClaims,
        404 => NotFound,
        405 => MethodNotAllowed,
        413 => PayloadTooLarge,
        415 => UnsupportedMediaType,
        429 => RateLimited,
        502 or 503 or 504 => ServiceUnavailable,
        >= 500 => InternalError,
        _ => BadRequest,
    };
}
