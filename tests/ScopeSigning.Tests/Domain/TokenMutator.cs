using System.Text;
using ScopeSigning.Domain;
using ScopeSigning.Tests.Support;

namespace ScopeSigning.Tests.Domain;

/// <summary>Makes tokens that are nearly valid: signed ones with something changed. Never returns one that is signed as it stands.</summary>
internal sealed class TokenMutator
{
    private static readonly string[] Fragments =
    [
        ".", "..", "=", "==", " ", "\n", "\0", "\"", "{", "}", "[", "]", "\\", "%00", "-", "_", "+", "/", "e30", "bnVsbA", "eyJhbGciOiJub25lIn0", "\u200b",
        "😀", "\ufeff", "AAAA", "____", ".eyJzdWIiOiIifQ.",
    ];

    private static readonly string[] JsonFragments =
    [
        "\"alg\":\"none\",", "\"crit\":[\"x\"],", "\"sub\":null,", "\"iat\":1e99,", "\"exp\":-1,", "\"jti\":\"\",", "{", "}", "[[[[[[[[[", "\"", "\\u0000", ",", ":", "null",
        "\"\\ud800\"", "\u00ff", "999999999999999999999", "-0", "1.5", "true",
    ];

    private readonly Random random;
    private readonly string[] originals;

    public TokenMutator(int seed)
    {
        random = new Random(seed);
        Person = new Identity(Bytes(32));
        var stranger = new Identity(Bytes(32));
        originals =
        [
            Person.Token(),
            Person.Token(new { devtoken = "dev-1", pk = Person.Sub }),
            Person.Sign("""{"alg":"EdDSA"}""", $$"""{"sub":"{{Person.Sub}}"}"""),
            Person.Sign("""{"typ":"application/jwt","kid":"k","alg":"EdDSA","cty":"x"}""", $$$"""{"sub":"{{{Person.Sub}}}","x":{"y":[1,2,{"z":"ü"}]}}"""),
            stranger.Token(new { devtoken = "x" }),
            stranger.Sign("""{"alg":"EdDSA","typ":"JWT"}""", $$"""{"sub":"{{stranger.Sub}}","scopes":["a.b.c"]}"""),
        ];
    }

    public Identity Person { get; }

    public string Next()
    {
        while (true)
        {
            var token = Pick(originals);
            var rounds = random.Next(1, 4);
            for (var i = 0; i < rounds; i++)
            {
                token = Mutate(token);
            }

            // Trimming is the body's business: a token that differs in outer white space only is the same token.
            if (!originals.Contains(token.Trim(' ', '\t', '\r', '\n', '\f'), StringComparer.Ordinal))
            {
                return token;
            }
        }
    }

    private string Mutate(string token)
    {
        if (token.Length == 0)
        {
            return Pick(Fragments);
        }

        var at = random.Next(token.Length);
        switch (random.Next(11))
        {
            case 0:
                return token[..at] + (char)random.Next(1, 128) + token[(at + 1)..];
            case 1:
                return token[..at] + Pick(Fragments) + token[at..];
            case 2:
                return token[..at] + token[Math.Min(token.Length, at + random.Next(1, 9))..];
            case 3:
                return token[..at];
            case 4:
                var other = Pick(originals);
                return token[..at] + other[Math.Min(other.Length, at)..];
            case 5:
                return SwapParts(token);
            case 6:
                return Exchange(token, at, random.Next(token.Length));
            case 7:
                return Reencode(token, bytes => { bytes[random.Next(bytes.Length)] ^= (byte)(1 << random.Next(8)); return bytes; });
            case 8:
                return Reencode(token, bytes => [.. bytes[..(at % bytes.Length)], .. Encoding.UTF8.GetBytes(Pick(JsonFragments)), .. bytes[(at % bytes.Length)..]]);
            case 9:
                return Reencode(token, bytes => [.. bytes[..(at % bytes.Length)], .. Bytes(random.Next(1, 5)), .. bytes[(at % bytes.Length)..]]);
            default:
                return Reencode(token, bytes => bytes[..(at % bytes.Length)]);
        }
    }

    private string Reencode(string token, Func<byte[], byte[]> change)
    {
        var parts = token.Split('.');
        var index = random.Next(parts.Length);
        if (!Base64UrlText.TryDecode(parts[index], out var bytes) || bytes.Length == 0)
        {
            return token + Pick(Fragments);
        }

        parts[index] = Base64UrlText.Encode(change(bytes));
        return string.Join('.', parts);
    }

    private string SwapParts(string token)
    {
        var parts = token.Split('.');
        var theirs = Pick(originals).Split('.');
        var index = random.Next(parts.Length);
        parts[index] = theirs[random.Next(theirs.Length)];
        return string.Join('.', parts);
    }

    private static string Exchange(string token, int first, int second)
    {
        var characters = token.ToCharArray();
        (characters[first], characters[second]) = (characters[second], characters[first]);
        return new string(characters);
    }

    private T Pick<T>(T[] items) => items[random.Next(items.Length)];

    private byte[] Bytes(int count)
    {
        var bytes = new byte[count];
        random.NextBytes(bytes);
        return bytes;
    }
}
