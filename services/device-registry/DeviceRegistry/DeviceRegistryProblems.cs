using DeviceRegistry.Http;

namespace DeviceRegistry;

/// <summary>
/// Everything that this service can refuse, with the status, code and message of contract §1.4. A code is part of the API; a retired one is
/// never used again.
/// </summary>
public static class DeviceRegistryProblems
{
    // Who asks.
    public static readonly Problem Unauthorized = new(401, "UNAUTHORIZED", "A valid token is needed.");
    public static readonly Problem Forbidden = new(403, "FORBIDDEN", "This is not open to the caller.");
    public static readonly Problem DeviceNotOwned = new(403, "DEVICE_NOT_OWNED", "The device belongs to somebody else.");
    public static readonly Problem DeviceRevoked = new(403, "DEVICE_REVOKED", "The device is revoked.");
    public static readonly Problem KeyGrantRequired = new(403, "KEY_GRANT_REQUIRED", "The device needs a key request that another device grants.");
    public static readonly Problem NoActiveDevice = new(403, "NO_ACTIVE_DEVICE", "The caller has no active device for this in the group.");
    public static readonly Problem RateLimited = new(429, "RATE_LIMITED", "Too many requests; Retry-After says when the next one is welcome.");

    // What is asked for.
    public static readonly Problem DeviceNotFound = new(404, "DEVICE_NOT_FOUND", "There is no such device in the group.");
    public static readonly Problem KeyRequestNotFound = new(404, "KEY_REQUEST_NOT_FOUND", "There is no such key request in the group.");
    public static readonly Problem KeyNotAvailable = new(404, "KEY_NOT_AVAILABLE", "No wrapped key of the current version waits for the device; it has to ask with a key request.");
    public static readonly Problem SecretsNotFound = new(404, "SECRETS_NOT_FOUND", "The group has no secrets.");
    public static readonly Problem GroupNotFound = new(404, "GROUP_NOT_FOUND", "There is no such group.");
    public static readonly Problem MemberNotFound = new(404, "MEMBER_NOT_FOUND", "The group has no such member.");

    // What is sent.
    public static readonly Problem InvalidGroupId = new(400, "INVALID_GROUP_ID", "A group id is a number from 1 to 9007199254740991.");
    public static readonly Problem ValidationFailed = new(400, "VALIDATION_FAILED", "A field is missing or not acceptable; `fields` says which.");
    public static readonly Problem InvalidJson = new(400, "INVALID_JSON", "The body has to be one JSON object: no duplicate members, depth at most 16, nothing after it.");
    public static readonly Problem InvalidStatus = new(400, "INVALID_STATUS", "A status is active, pending or revoked.");
    public static readonly Problem InvalidPlatform = new(400, "INVALID_PLATFORM", "A platform is ios or android.");
    public static readonly Problem InvalidPublicKey = new(400, "INVALID_PUBLIC_KEY", "A public key is base64 of the SubjectPublicKeyInfo of a usable P-256 or X25519 key.");
    public static readonly Problem InvalidEncryptedKey = new(400, "INVALID_ENCRYPTED_KEY", "A wrapped key is base64 of 28 to 4096 bytes.");
    public static readonly Problem GroupMismatch = new(400, "GROUP_MISMATCH", "The body names another group than the path.");
    public static readonly Problem PayloadTooLarge = new(413, "PAYLOAD_TOO_LARGE", "The body is larger than this operation takes.");
    public static readonly Problem UnsupportedMediaType = new(415, "UNSUPPORTED_MEDIA_TYPE", "The body has to be application/json in UTF-8.");

    // What stands against it.
    public static readonly Problem DeviceLimitReached = new(409, "DEVICE_LIMIT_REACHED", "The group has no place for another device.");
    public static readonly Problem PublicKeyRevoked = new(400, "PUBLIC_KEY_REVOKED", "The key belonged to a device that was revoked.");
    public static readonly Problem PublicKeyInUse = new(400, "PUBLIC_KEY_IN_USE", "Another device of the group holds this key.");
    public static readonly Problem PublicKeyMismatch = new(400, "PUBLIC_KEY_MISMATCH", "The key is not the one that the device registered.");
    public static readonly Problem UnknownDevice = new(400, "UNKNOWN_DEVICE", "There is no such device in the group.");
    public static readonly Problem GroupKeyNotInitialized = new(400, "GROUP_KEY_NOT_INITIALIZED", "The group has no key yet.");
    public static readonly Problem GroupKeyAlreadyInitialized = new(409, "GROUP_KEY_ALREADY_INITIALIZED", "The group has its key already.");
    public static readonly Problem KeyRequestNotPending = new(400, "KEY_REQUEST_NOT_PENDING", "The key request is granted, rejected or expired.");
    public static readonly Problem KeyVersionConflict = new(409, "KEY_VERSION_CONFLICT", "The group's key has another version by now.");
    public static readonly Problem InvalidDeviceKeys = new(400, "INVALID_DEVICE_KEYS", "Every entry has to name a different active device of the group.");
    public static readonly Problem NewSecretsRequired = new(400, "NEW_SECRETS_REQUIRED", "The group has secrets: they have to be encrypted anew with the new key.");
    public static readonly Problem SecretsVersionConflict = new(409, "SECRETS_VERSION_CONFLICT", "The secrets have another version by now.");
    public static readonly Problem GroupNameTaken = new(409, "GROUP_NAME_TAKEN", "There is a group of that name.");
    public static readonly Problem LastGroupAdmin = new(409, "LAST_GROUP_ADMIN", "The last administrator of a group cannot give the role up.");

    // The API as such.
    public static readonly Problem BadRequest = new(400, "BAD_REQUEST", "The request is not well-formed HTTP.");
    public static readonly Problem NotFound = new(404, "NOT_FOUND", "There is nothing here.");
    public static readonly Problem MethodNotAllowed = new(405, "METHOD_NOT_ALLOWED", "This path has no such method.");
    public static readonly Problem InternalError = new(500, "INTERNAL_ERROR", "Something failed on our side.");
    public static readonly Problem ServiceUnavailable = new(503, "SERVICE_UNAVAILABLE", "A server that this needs is away; Retry-After says when to try again.");

    /// <summary>The problem for a status that no operation answered itself.</summary>
    public static Problem ForStatus(int status) => status switch
    {
        401 => Unauthorized,
        403 => Forbidden,
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
