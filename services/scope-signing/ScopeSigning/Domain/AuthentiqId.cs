using System.Buffers;
using System.Text.Json;

namespace ScopeSigning.Domain;

/// <summary>The claims of the API's model AuthentiqID.</summary>
/// <param name="DeviceToken">Names the phone to a push provider; never read as a URL. Empty: to be cleared.</param>
/// <param name="EncryptionKey">The person's X25519 public key, 43 base64url characters.</param>
/// <param name="Scopes">Issuer-signed scope tokens, still to be verified.</param>
/// <param name="Email">The address to bind, as sent.</param>
/// <param name="Phone">The number to bind.</param>
internal sealed record AuthentiqId(
    string? DeviceToken, string? EncryptionKey, IReadOnlyList<string> Scopes, EmailAddress? Email, PhoneNumber? Phone);

/// <summary>Reads the claims for <c>/key</c> and <c>/key/{PK}</c>.</summary>
internal sealed class AuthentiqIdProfile : TokenProfile<AuthentiqId>
{
    private const int MaximumDeviceTokenLength = 1024;
    private const int MaximumScopes = 10;

    private static readonly SearchValues<char> DeviceTokenCharacters =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-:.%=+/~");

    private readonly bool takesEmptyDeviceToken;
    private readonly bool takesScopes;
    private readonly bool takesPair;

    private AuthentiqIdProfile(bool takesEmptyDeviceToken, bool takesScopes, bool takesPair)
    {
        this.takesEmptyDeviceToken = takesEmptyDeviceToken;
        this.takesScopes = takesScopes;
        this.takesPair = takesPair;
    }

    /// <summary><c>POST /key</c>.</summary>
    public static AuthentiqIdProfile Register { get; } = new(takesEmptyDeviceToken: false, takesScopes: false, takesPair: false);

    /// <summary><c>POST /key/{PK}</c>: an empty device token clears the stored one.</summary>
    public static AuthentiqIdProfile Update { get; } = new(takesEmptyDeviceToken: true, takesScopes: true, takesPair: false);

    /// <summary><c>PUT /key/{PK}</c>: e-mail and phone to bind, both or neither.</summary>
    public static AuthentiqIdProfile Replace { get; } = new(takesEmptyDeviceToken: false, takesScopes: false, takesPair: true);

    public override Outcome<AuthentiqId> ReadClaims(JsonElement payload)
    {
        if (!SelfSignedTokenVerifier.TryReadText(payload, "devtoken", takesEmptyDeviceToken ? 0 : 1, MaximumDeviceTokenLength, out var deviceToken)
            || deviceToken.AsSpan().ContainsAnyExcept(DeviceTokenCharacters))
        {
            return ScopeSigningProblems.Malformed("'devtoken' is a string of 1 to 1024 characters from A-Z a-z 0-9 _ - : . % = + / ~.");
        }

        if (!SelfSignedTokenVerifier.TryReadText(payload, "pk", 43, 43, out var encryptionKey)
            || (encryptionKey is not null
                && (!Base64UrlText.TryDecode(encryptionKey, out var bytes) || !bytes.AsSpan().ContainsAnyExcept((byte)0))))
        {
            return ScopeSigningProblems.Malformed("'pk' is a public key of 43 base64url characters, not all zero.");
        }

        if (!TryReadScopes(payload, out var scopes))
        {
            return ScopeSigningProblems.Malformed("'scopes' is an array of 1 to 10 strings.");
        }

        if (!takesPair)
        {
            return new AuthentiqId(deviceToken, encryptionKey, scopes, null, null);
        }

        var hasEmail = payload.TryGetProperty("email", out var emailElement);
        var hasPhone = payload.TryGetProperty("phone", out var phoneElement);
        if (hasEmail != hasPhone)
        {
            return ScopeSigningProblems.Malformed("'email' and 'phone' are given both or not at all.");
        }

        if (!hasEmail)
        {
            return new AuthentiqId(deviceToken, encryptionKey, scopes, null, null);
        }

        if (!EmailAddress.TryParse(emailElement.StringOrNull(), out var email))
        {
            return ScopeSigningProblems.Malformed("'email' is not an e-mail address.");
        }

        if (!PhoneNumber.TryParse(phoneElement.StringOrNull(), out var phone))
        {
            return ScopeSigningProblems.Malformed("'phone' is not a number in E.164 form.");
        }

        return new AuthentiqId(deviceToken, encryptionKey, scopes, email, phone);
    }

    private bool TryReadScopes(JsonElement payload, out IReadOnlyList<string> scopes)
    {
        scopes = [];
        if (!takesScopes || !payload.TryGetProperty("scopes", out var element))
        {
            return true;
        }

        if (element.ValueKind != JsonValueKind.Array || element.GetArrayLength() is < 1 or > MaximumScopes)
        {
            return false;
        }

        var texts = element.EnumerateArray().Select(static item => item.StringOrNull()).OfType<string>().ToList();
        scopes = texts;
        return texts.Count == element.GetArrayLength();
    }
}
