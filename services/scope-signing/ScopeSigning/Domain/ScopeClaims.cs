using System.Text.Json;

namespace ScopeSigning.Domain;

/// <summary>The claims of the API's model Claims: one fact that the person wants signed.</summary>
internal sealed record ScopeClaims(string Scope, string Channel, EmailAddress? Email, PhoneNumber? Phone, PostalAddress? Address);

/// <summary>Reads the claims for <c>POST /scope</c>. Claims that belong to another scope are ignored.</summary>
internal sealed class ScopeClaimsProfile : TokenProfile<ScopeClaims>
{
    public static ScopeClaimsProfile Instance { get; } = new();

    public override bool TakesScope => true;

    public override Outcome<ScopeClaims> ReadClaims(JsonElement payload)
    {
        var scope = payload.TryGetProperty("scope", out var element) ? element.StringOrNull() : null;
        if (!ScopeKind.IsKnown(scope))
        {
            return ScopeSigningProblems.Malformed("'scope' is required: email, phone or address.");
        }

        string? type = null;
        if (payload.TryGetProperty("type", out var typeElement) && (type = typeElement.StringOrNull()) is null)
        {
            return ScopeSigningProblems.Malformed("'type' is a string.");
        }

        if (ChannelOf(scope!, type) is not { } channel)
        {
            return ScopeSigningProblems.Malformed(
                "'type' is sms, mobile, tts or landline for a phone, email for an e-mail address, letter for a postal address.");
        }

        EmailAddress? email = null;
        PhoneNumber? phone = null;
        PostalAddress? address = null;
        var understood = scope switch
        {
            ScopeKind.Email => payload.TryGetProperty("email", out var value) && EmailAddress.TryParse(value.StringOrNull(), out email),
            ScopeKind.Phone => payload.TryGetProperty("phone", out var value) && PhoneNumber.TryParse(value.StringOrNull(), out phone),
            _ => payload.TryGetProperty("address", out var value) && PostalAddress.TryRead(value, out address),
        };
        return understood
            ? new ScopeClaims(scope!, channel, email, phone, address)
            : ScopeSigningProblems.Malformed($"'{scope}' is required for this scope, in its documented form.");
    }

    private static string? ChannelOf(string scope, string? type) => (scope, type) switch
    {
        (ScopeKind.Phone, null or "sms" or "mobile") => Channel.Sms,
        (ScopeKind.Phone, "tts" or "landline") => Channel.Tts,
        (ScopeKind.Email, null or "email") => Channel.Email,
        (ScopeKind.Address, null or "letter") => Channel.Letter,
        _ => null,
    };
}
