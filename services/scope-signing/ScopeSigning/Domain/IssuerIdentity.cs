namespace ScopeSigning.Domain;

/// <summary>How this service is called. From settings only, never from the request's Host.</summary>
/// <param name="BaseUrl">Public URL of the gateway, no trailing slash.</param>
/// <param name="Issuer">The real issuer's identifier, no trailing slash.</param>
internal sealed record IssuerIdentity(string BaseUrl, string Issuer)
{
    /// <summary>The test issuer, which no relying party trusts.</summary>
    public string TestIssuer { get; } = Issuer + "/test";

    public string For(bool test) => test ? TestIssuer : Issuer;

    public bool IsOneOfOurs(string? issuer) => issuer == Issuer || issuer == TestIssuer;
}
