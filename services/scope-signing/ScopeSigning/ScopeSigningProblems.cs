namespace ScopeSigning;

/// <summary>One kind of error. Clients recognise it by the last segment of the error's <c>type</c>, the code.</summary>
/// <param name="Code">Lower-case words with hyphens; never reused for another meaning.</param>
/// <param name="Status">The HTTP status code.</param>
/// <param name="Title">Fixed short text.</param>
/// <param name="Explanation">One paragraph for a developer, served at <c>{issuer}/errors/{code}</c>.</param>
internal sealed record ProblemType(string Code, int Status, string Title, string Explanation);

/// <summary>A request was refused: why in general, and what went wrong this time.</summary>
/// <param name="Detail">Never holds a secret, code, token, address, number or stack trace.</param>
/// <param name="Cause">What the caller is not told and whoever watches is; <see langword="null"/>: the code says it all.</param>
internal sealed record Refusal(ProblemType Problem, string Detail, string? Cause = null);

/// <summary>Every error of this service (Authentiq API, object Error).</summary>
internal static class ScopeSigningProblems
{
    public static readonly ProblemType DuplicateKey = new(
        "duplicate-key", 409, "Key already registered",
        "This public key is registered already. A key is registered once; the revocation secret of the first answer is not shown again.");

    public static readonly ProblemType UnknownKey = new(
        "unknown-key", 404, "Unknown key",
        "No key of this name is registered, or no key is bound to this e-mail address and phone number.");

    public static readonly ProblemType RevokedKey = new(
        "revoked-key", 410, "Key revoked",
        "This key existed and was revoked. Revocation is final: make a new key pair.");

    public static readonly ProblemType DuplicateHash = new(
        "duplicate-hash", 409, "Already bound to another key",
        "This pair of e-mail address and phone number is bound to another key. Revoke that key first.");

    public static readonly ProblemType ConfirmFirst = new(
        "confirm-first", 409, "Confirm first",
        "A confirmation step is still open: confirm the job, verify both values, or use the code that was sent.");

    public static readonly ProblemType AuthError = new(
        "auth-error", 401, "Not authenticated",
        "The signature, the freshness of the token, the secret or the code is not good. Which check failed is not told. " +
        "Every request body is a compact JWS signed with EdDSA by the key in its 'sub', used once, with times within 60 seconds of the server's.");

    public static readonly ProblemType AudienceError = new(
        "aud-error", 401, "Push token is for another audience",
        "The push token's 'aud' has to equal the callback, character for character.");

    public static readonly ProblemType UnknownJob = new(
        "unknown-job", 404, "Unknown job",
        "There is no such job: it never was, or it was deleted, has expired or was destroyed by wrong codes.");

    public static readonly ProblemType NotSupported = new(
        "not-supported", 405, "Not supported",
        "This path does not know the method, or a token was posted to a job, which takes a code. The header Allow lists the methods.");

    public static readonly ProblemType RateLimit = new(
        "rate-limit", 429, "Too many requests",
        "There were too many requests for the same address, number, key, job or caller. The header Retry-After says how many seconds to wait.");

    public static readonly ProblemType BadRequest = new(
        "bad-request", 400, "Bad request",
        "The body, the token, a claim or a parameter is malformed. The detail says which.");

    public static readonly ProblemType BadCallback = new(
        "bad-callback", 400, "Callback not allowed",
        "The callback has to be given once: an absolute https address on a public DNS name, without user information or fragment, " +
        "on port 443 or 1024-65535, at most 2000 ASCII characters.");

    public static readonly ProblemType NoDevice = new(
        "no-device", 409, "No device",
        "The key has no device token, so its phone cannot be reached. The app registers one with POST /key/{PK}.");

    public static readonly ProblemType AlreadySigned = new(
        "already-signed", 409, "Already signed",
        "The job holds a different signed token already, and the first one stays.");

    public static readonly ProblemType TooLarge = new(
        "too-large", 413, "Body too large",
        "A token body has at most 16384 bytes, a confirmation at most 4096.");

    public static readonly ProblemType BadMediaType = new(
        "bad-media-type", 415, "Media type not taken",
        "Tokens are taken as application/jwt, application/jose, text/plain, application/json or without a media type, and never compressed; " +
        "a confirmation as application/json, text/plain or without a media type.");

    public static readonly ProblemType NotFound = new(
        "not-found", 404, "Not found",
        "There is no such path. Paths are case-sensitive, and a trailing slash makes a different path.");

    public static readonly ProblemType Unavailable = new(
        "unavailable", 503, "Temporarily unavailable",
        "A store that is needed for this request is away. The header Retry-After says how many seconds to wait.");

    public static readonly ProblemType ServerError = new(
        "server-error", 500, "Server error",
        "A fault of this service. The request may be repeated.");

    /// <summary>All of them, in the order of the API's table.</summary>
    public static IReadOnlyList<ProblemType> All { get; } =
    [
        DuplicateKey, UnknownKey, RevokedKey, DuplicateHash, ConfirmFirst, AuthError, AudienceError, UnknownJob, NotSupported, RateLimit,
        BadRequest, BadCallback, NoDevice, AlreadySigned, TooLarge, BadMediaType, NotFound, Unavailable, ServerError,
    ];

    /// <summary>
    /// The one refusal for everything that does not prove who asks. All causes look alike, so that a caller learns little from
    /// which check failed.
    /// </summary>
    public static readonly Refusal NotAuthenticated = new(AuthError, "The signature, freshness, secret or code is not good.");

    // The same to the caller.
    public static readonly Refusal BadHeader = NotAuthenticated with { Cause = "token-header" };
    public static readonly Refusal BadSignature = NotAuthenticated with { Cause = "token-signature" };
    public static readonly Refusal NotTimely = NotAuthenticated with { Cause = "token-time" };
    public static readonly Refusal NotForUs = NotAuthenticated with { Cause = "token-audience" };
    public static readonly Refusal OtherPurpose = NotAuthenticated with { Cause = "token-purpose" };
    public static readonly Refusal OtherSubject = NotAuthenticated with { Cause = "token-subject" };
    public static readonly Refusal BadScope = NotAuthenticated with { Cause = "scope-token" };
    public static readonly Refusal Replayed = NotAuthenticated with { Cause = "token-replayed" };

    public static Refusal Malformed(string detail) => new(BadRequest, detail);
}
