using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using ScopeSigning.Domain;
using ScopeSigning.Signing;

namespace ScopeSigning.Tests.Support;

/// <summary>A person's app: a key pair and the tokens that it signs.</summary>
internal sealed class Identity
{
    private readonly byte[] seed;

    public Identity()
        : this(RandomNumberGenerator.GetBytes(32))
    {
    }

    public Identity(byte[] seed)
    {
        this.seed = seed;
        PublicKey = Ed25519.PublicKeyOf(seed);
        Sub = Base64UrlText.Encode(PublicKey);
    }

    /// <summary>RFC 8037 appendix A.</summary>
    public static Identity OfRfc8037 { get; } = new(Decode("nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A"));

    public byte[] PublicKey { get; }

    public string Sub { get; }

    public static byte[] Decode(string text) => Base64UrlText.TryDecode(text, out var bytes) ? bytes : throw new FormatException();

    /// <summary>A fresh, timed token: 'sub', 'iat', 'exp', 'jti' and whatever is added or replaced.</summary>
    public string Token(object? claims = null, string header = """{"alg":"EdDSA","typ":"JWT"}""", DateTimeOffset? now = null)
    {
        var seconds = (now ?? DateTimeOffset.UtcNow).ToUnixTimeSeconds();
        var payload = new Dictionary<string, object?>(StringComparer.Ordinal)
        {
            ["sub"] = Sub,
            ["iat"] = seconds,
            ["exp"] = seconds + 300,
            ["jti"] = Guid.NewGuid().ToString("N"),
        };
        if (claims is not null)
        {
            foreach (var (name, value) in JsonSerializer.SerializeToElement(claims).EnumerateObject().Select(member => (member.Name, member.Value)))
            {
                payload[name] = value;
            }
        }

        return Sign(header, JsonSerializer.Serialize(payload.Where(member => member.Value is not JsonElement { ValueKind: JsonValueKind.Null }).ToDictionary()));
    }

    /// <summary>A token of exactly these two texts.</summary>
    public string Sign(string header, string payload) => Sign(Encoding.UTF8.GetBytes(header), Encoding.UTF8.GetBytes(payload));

    public string Sign(byte[] header, byte[] payload)
    {
        var signingInput = $"{Base64UrlText.Encode(header)}.{Base64UrlText.Encode(payload)}";
        return $"{signingInput}.{Base64UrlText.Encode(Ed25519.Sign(seed, Encoding.ASCII.GetBytes(signingInput)))}";
    }

    /// <summary>A token that repeats another's signing input with any signature.</summary>
    public byte[] Signature(string signingInput) => Ed25519.Sign(seed, Encoding.ASCII.GetBytes(signingInput));
}
