using System.Text.Json;

namespace ScopeSigning.Domain;

/// <summary>What one operation asks of a self-signed token beyond the common rules.</summary>
internal abstract class TokenProfile<TClaims>
    where TClaims : class
{
    /// <summary>How far ahead <c>exp</c> may lie (rule 11).</summary>
    public virtual TimeSpan MaximumLifetime => TimeSpan.FromHours(24);

    /// <summary>Whether <c>iss</c> and <c>aud</c> name a website instead of the person and us (rule 12).</summary>
    public virtual bool IsPushToken => false;

    /// <summary>Whether a claim <c>scope</c> is taken (rule 13).</summary>
    public virtual bool TakesScope => false;

    /// <summary>Reads the operation's claims; the types and limits of rule 10.</summary>
    public abstract Outcome<TClaims> ReadClaims(JsonElement payload);
}
