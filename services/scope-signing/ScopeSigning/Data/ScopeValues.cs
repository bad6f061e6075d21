using ScopeSigning.Domain;
using ScopeSigning.Signing;

namespace ScopeSigning.Data;

/// <summary>Brings addresses and numbers into their normal form and hashes them.</summary>
internal sealed class ScopeValues(UnicodeText unicode, PepperedHash hash)
{
    public async Task<ScopeValue> FromAsync(ScopeClaims claims, CancellationToken cancellationToken) => claims switch
    {
        { Email: { } email } => new ScopeValue { Email = email.Text, Normal = await NormalOfAsync(email, cancellationToken) },
        { Phone: { } phone } => new ScopeValue { Phone = phone.Text, Normal = phone.Text },
        _ => new ScopeValue
        {
            Address = claims.Address,
            Normal = (await unicode.ToNormalFormCAsync(claims.Address!.Normal, cancellationToken)).ToLowerInvariant(),
        },
    };

    public async Task<byte[]> HashOfAsync(EmailAddress email, CancellationToken cancellationToken)
        => hash.OfValue(ScopeKind.Email, await NormalOfAsync(email, cancellationToken));

    public byte[] HashOf(PhoneNumber phone) => hash.OfValue(ScopeKind.Phone, phone.Text);

    /// <summary>NFC first, then lower case: a capital letter may be spelled with a combining mark.</summary>
    private async Task<string> NormalOfAsync(EmailAddress email, CancellationToken cancellationToken)
        => (await unicode.ToNormalFormCAsync(email.Text, cancellationToken)).ToLowerInvariant();
}
