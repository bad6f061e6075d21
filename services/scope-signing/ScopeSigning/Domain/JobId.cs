using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;

namespace ScopeSigning.Domain;

/// <summary>
/// The id of a scope job: 15 random bytes, 20 base64url characters. Knowing it is what allows acting on the job, so it is a
/// secret: stored as a hash only, and never logged.
/// </summary>
internal sealed class JobId
{
    public const int Length = 20;

    private JobId(string text)
    {
        Text = text;
        Hash = SHA256.HashData(Encoding.ASCII.GetBytes(text));
    }

    /// <summary>The id as the client knows it.</summary>
    public string Text { get; }

    /// <summary>SHA-256 of <see cref="Text"/>, by which the job is found.</summary>
    public byte[] Hash { get; }

    public static JobId Create() => new(Base64UrlText.Encode(RandomNumberGenerator.GetBytes(15)));

    public static bool TryParse(string? text, [NotNullWhen(true)] out JobId? id)
    {
        id = text is { Length: Length } && Base64UrlText.IsAlphabetOnly(text) ? new JobId(text) : null;
        return id is not null;
    }

    public override string ToString() => "(job)";
}
