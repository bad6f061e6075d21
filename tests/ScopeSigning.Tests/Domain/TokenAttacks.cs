using System.Numerics;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using ScopeSigning.Domain;
using ScopeSigning.Tests.Support;

namespace ScopeSigning.Tests.Domain;

/// <summary>Tokens that must never pass, each with the status of its refusal. All that can be signed rightly is, so that only the attack fails.</summary>
internal static class TokenAttacks
{
    private const string GoodHeader = """{"alg":"EdDSA","typ":"JWT"}""";

    private static readonly Identity Person = new(Enumerable.Repeat((byte)7, 32).ToArray());
    private static readonly Identity Stranger = new(Enumerable.Repeat((byte)9, 32).ToArray());

    public static IReadOnlyDictionary<string, (string Token, int Status)> All { get; } = Build();

    private static string GoodPayload => Payload("");

    private static string Payload(string more, string? sub = null) => $$"""{"sub":"{{sub ?? Person.Sub}}"{{more}}}""";

    private static Dictionary<string, (string Token, int Status)> Build()
    {
        var attacks = new Dictionary<string, (string, int)>(StringComparer.Ordinal);
        void Add(string name, string token, int status) => attacks.Add(name, (token, status));

        Algorithms(Add);
        HeaderMembers(Add);
        Types(Add);
        BrokenJson(Add);
        Encodings(Add);
        Shapes(Add);
        Subjects(Add);
        Keys(Add);
        Signatures(Add);
        Claims(Add);
        return attacks;
    }

    private static void Algorithms(Action<string, string, int> add)
    {
        string[] names =
        [
            "none", "None", "NONE", "nOnE", "HS256", "HS384", "HS512", "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384",
            "ES512", "ES256K", "Ed25519", "Ed448", "eddsa", "EDDSA", "EdDsa", "EdDSA ", " EdDSA", "EdDSA\u0000", "EdDSA\u200b", "ЕdDSA", "", "A128GCM", "dir",
        ];
        foreach (var name in names)
        {
            add($"alg {JsonSerializer.Serialize(name)}", Person.Sign($$"""{"alg":{{JsonSerializer.Serialize(name)}},"typ":"JWT"}""", GoodPayload), 401);
        }

        foreach (var value in new[] { "null", "1", "true", "[]", """["EdDSA"]""", "{}", """{"EdDSA":1}""" })
        {
            add($"alg is {value}", Person.Sign($$"""{"alg":{{value}},"typ":"JWT"}""", GoodPayload), 401);
        }

        add("alg missing", Person.Sign("""{"typ":"JWT"}""", GoodPayload), 401);
        add("header is an empty object", Person.Sign("{}", GoodPayload), 401);
        add("alg in another case of name", Person.Sign("""{"Alg":"EdDSA","typ":"JWT"}""", GoodPayload), 401);
        foreach (var name in new[] { "none", "None", "NONE" })
        {
            add($"alg {name} without signature", Strip(Person.Sign($$"""{"alg":"{{name}}","typ":"JWT"}""", GoodPayload)), 401);
        }

        add("EdDSA without signature", Strip(Person.Sign(GoodHeader, GoodPayload)), 401);
        foreach (var (name, mac) in new (string, Func<byte[], byte[], byte[]>)[] { ("HS256", HMACSHA256.HashData), ("HS384", HMACSHA384.HashData), ("HS512", HMACSHA512.HashData) })
        {
            var input = $"{Encode($$"""{"alg":"{{name}}","typ":"JWT"}""")}.{Encode(GoodPayload)}";
            add($"{name} keyed with the public key", $"{input}.{Base64UrlText.Encode(mac(Person.PublicKey, Encoding.ASCII.GetBytes(input)))}", 401);
            add($"{name} keyed with the public key's text", $"{input}.{Base64UrlText.Encode(mac(Encoding.ASCII.GetBytes(Person.Sub), Encoding.ASCII.GetBytes(input)))}", 401);
        }
    }

    private static void HeaderMembers(Action<string, string, int> add)
    {
        string[] members = ["crit", "b64", "jwk", "jku", "x5u", "x5c", "zip", "enc"];
        string[] values = ["null", "false", "\"\"", "[]", $$"""{"kty":"OKP","crv":"Ed25519","x":"{{Person.Sub}}"}"""];
        foreach (var member in members)
        {
            foreach (var (index, value) in values.Index())
            {
                add($"header has {member}, value {index}", Person.Sign($$"""{"alg":"EdDSA","{{member}}":{{value}}}""", GoodPayload), 401);
            }
        }

        add("header has crit exp", Person.Sign("""{"alg":"EdDSA","crit":["exp"],"exp":1}""", GoodPayload), 401);
        add("header has an escaped crit", Person.Sign("""{"alg":"EdDSA","\u0063rit":["exp"]}""", GoodPayload), 401);
        add("header brings a stranger's key", Stranger.Sign($$$"""{"alg":"EdDSA","jwk":{"kty":"OKP","crv":"Ed25519","x":"{{{Stranger.Sub}}}"}}""", GoodPayload), 401);
    }

    private static void Types(Action<string, string, int> add)
    {
        foreach (var type in new[] { "\"scope+jwt\"", "\"at+jwt\"", "\"JWS\"", "\"JOSE\"", "\"\"", "\"JWT \"", "\"application/jose\"", "\"application/scope+jwt\"", "null", "1", "[\"JWT\"]", "{}", "true" })
        {
            add($"typ is {type}", Person.Sign($$"""{"alg":"EdDSA","typ":{{type}}}""", GoodPayload), 401);
        }
    }

    private static void BrokenJson(Action<string, string, int> add)
    {
        var texts = new (string Name, byte[] Bytes)[]
        {
            ("not JSON", "hello"u8.ToArray()),
            ("an array", "[]"u8.ToArray()),
            ("a string", "\"x\""u8.ToArray()),
            ("a number", "1"u8.ToArray()),
            ("null", "null"u8.ToArray()),
            ("true", "true"u8.ToArray()),
            ("white space", "  "u8.ToArray()),
            ("a trailing comma", """{"alg":"EdDSA","sub":"x",}"""u8.ToArray()),
            ("a comment", """{"alg":"EdDSA"/* */}"""u8.ToArray()),
            ("trailing text", """{"alg":"EdDSA"}x"""u8.ToArray()),
            ("two objects", """{"alg":"EdDSA"}{"alg":"EdDSA"}"""u8.ToArray()),
            ("single quotes", "{'alg':'EdDSA'}"u8.ToArray()),
            ("NaN", """{"alg":"EdDSA","x":NaN}"""u8.ToArray()),
            ("a leading zero", """{"alg":"EdDSA","x":01}"""u8.ToArray()),
            ("a raw control character", "{\"alg\":\"EdDSA\",\"x\":\"\u0001\"}"u8.ToArray()),
            ("a byte order mark", [0xEF, 0xBB, 0xBF, .. """{"alg":"EdDSA"}"""u8]),
            ("invalid UTF-8", [.. "{\"alg\":\"EdDSA\",\"x\":\""u8, 0xFF, .. "\"}"u8]),
            ("overlong UTF-8", [.. "{\"alg\":\"EdDSA\",\"x\":\""u8, 0xC0, 0xAF, .. "\"}"u8]),
            ("a surrogate in UTF-8", [.. "{\"alg\":\"EdDSA\",\"x\":\""u8, 0xED, 0xA0, 0x80, .. "\"}"u8]),
            ("cut UTF-8", [.. "{\"alg\":\"EdDSA\",\"x\":\""u8, 0xE2, 0x82, .. "\"}"u8]),
            ("UTF-16", Encoding.Unicode.GetBytes("""{"alg":"EdDSA"}""")),
            ("half a surrogate pair as a name", """{"alg":"EdDSA","\ud800":1,"b":2}"""u8.ToArray()),
            ("a repeated member", """{"alg":"EdDSA","alg":"EdDSA"}"""u8.ToArray()),
            ("a repeated member with another value", """{"alg":"none","alg":"EdDSA"}"""u8.ToArray()),
            ("a repeated member, escaped", """{"alg":"EdDSA","\u0061lg":"none"}"""u8.ToArray()),
            ("a repeated member deep inside", """{"alg":"EdDSA","x":{"y":[{"a":1,"a":1}]}}"""u8.ToArray()),
            ("nine levels of objects", """{"1":{"2":{"3":{"4":{"5":{"6":{"7":{"8":{}}}}}}}}}"""u8.ToArray()),
            ("nine levels of arrays", """{"alg":[[[[[[[[1]]]]]]]]}"""u8.ToArray()),
            ("a thousand levels", Encoding.ASCII.GetBytes($$"""{"x":{{new string('[', 1000)}}{{new string(']', 1000)}}}""")),
            ("no closing brace", """{"alg":"EdDSA" """u8.ToArray()),
            ("an open string", "{\"alg\":\"EdD"u8.ToArray()),
            ("a NUL after it", [.. """{"alg":"EdDSA"}"""u8, 0]),
        };
        foreach (var (name, bytes) in texts)
        {
            add($"header is {name}", Person.Sign(bytes, Encoding.UTF8.GetBytes(GoodPayload)), 400);
            add($"payload is {name}", Person.Sign(Encoding.UTF8.GetBytes(GoodHeader), bytes), 400);
        }

        add("payload repeats sub", Person.Sign(GoodHeader, Payload($$""","sub":"{{Stranger.Sub}}" """)), 400);
        add("payload repeats sub, escaped", Person.Sign(GoodHeader, Payload($$""","\u0073ub":"{{Stranger.Sub}}" """)), 400);
    }

    private static void Encodings(Action<string, string, int> add)
    {
        var good = Person.Sign(GoodHeader, GoodPayload);
        var parts = good.Split('.');
        var changes = new (string Name, Func<string, string> Change)[]
        {
            ("padding", part => part + "="),
            ("double padding", part => part + "=="),
            ("a space inside", part => part.Insert(3, " ")),
            ("a line feed inside", part => part.Insert(3, "\n")),
            ("a carriage return inside", part => part.Insert(3, "\r")),
            ("a tab inside", part => part.Insert(3, "\t")),
            ("a NUL inside", part => part.Insert(3, "\0")),
            ("a plus", part => "+" + part[1..]),
            ("a slash", part => "/" + part[1..]),
            ("a percent escape", part => "%65" + part[1..]),
            ("a full-width letter", part => "Ａ" + part[1..]),
            ("a Cyrillic letter", part => "А" + part[1..]),
            ("a zero-width space", part => part.Insert(3, "\u200b")),
            ("an emoji", part => part.Insert(3, "😀")),
            ("an impossible length", part => part[..(part.Length - ((part.Length + 3) % 4))] is var cut && cut.Length % 4 == 1 ? cut : cut + "A"),
            ("a quote", part => part + "\""),
            ("a comma", part => part + ","),
        };
        for (var i = 0; i < 3; i++)
        {
            var which = i switch { 0 => "header", 1 => "payload", _ => "signature" };
            foreach (var (name, change) in changes)
            {
                var changed = (string[])parts.Clone();
                changed[i] = change(changed[i]);
                add($"{which} with {name}", string.Join('.', changed), 400);
            }
        }

        // 64 bytes leave four unused bits in the last of 86 characters: 15 other spellings of the same signature.
        const string Alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        var last = Alphabet.IndexOf(parts[2][^1], StringComparison.Ordinal);
        for (var bits = 1; bits < 16; bits++)
        {
            add($"signature with unused bits {bits}", $"{parts[0]}.{parts[1]}.{parts[2][..^1]}{Alphabet[last | bits]}", 400);
        }
    }

    private static void Shapes(Action<string, string, int> add)
    {
        var good = Person.Sign(GoodHeader, GoodPayload);
        var parts = good.Split('.');
        add("one part", parts[0], 400);
        add("two parts", $"{parts[0]}.{parts[1]}", 400);
        add("four parts", good + ".", 400);
        add("four full parts", good + "." + parts[2], 400);
        add("five parts", $"{good}.{parts[0]}.{parts[1]}", 400);
        add("a leading dot", "." + good, 400);
        add("two dots alone", "..", 400);
        add("no header", $".{parts[1]}.{parts[2]}", 400);
        add("no payload", $"{parts[0]}..{parts[2]}", 400);
        add("detached payload", $"{parts[0]}..{parts[2]}", 400);
        add("a thousand dots", new string('.', 1000), 400);
        add("a prefix Bearer", "Bearer " + good, 400);
        add("two tokens", good + " " + good, 400);
        add("two tokens, glued", good + good, 400);
        add("8193 characters", Long(8193), 400);
        add("16000 characters", Long(16000), 400);

        string Long(int length)
        {
            var token = Person.Sign(GoodHeader, Payload($""","x":"{new string('x', (length - 300) * 3 / 4)}" """));
            return token.Length >= length ? token : token + new string('A', length - token.Length);
        }
    }

    private static void Subjects(Action<string, string, int> add)
    {
        foreach (var value in new[] { "null", "1", "true", "[]", "{}", "\"\"", $"[\"{Person.Sub}\"]", "\"\\ud800\"" })
        {
            add($"sub is {value[..Math.Min(8, value.Length)]}", Person.Sign(GoodHeader, $$"""{"sub":{{value}}}"""), 400);
        }

        add("sub missing", Person.Sign(GoodHeader, "{}"), 400);
        add("sub in another case of name", Person.Sign(GoodHeader, $$"""{"Sub":"{{Person.Sub}}"}"""), 400);
        add("sub with 42 characters", Person.Sign(GoodHeader, Payload("", Person.Sub[..42])), 400);
        add("sub with 44 characters", Person.Sign(GoodHeader, Payload("", Person.Sub + "A")), 400);
        add("sub with padding", Person.Sign(GoodHeader, Payload("", Person.Sub + "=")), 400);
        add("sub with white space", Person.Sign(GoodHeader, Payload("", " " + Person.Sub[1..])), 400);
        add("sub with a plus", Person.Sign(GoodHeader, Payload("", "+" + Person.Sub[1..])), 400);
        add("sub with a slash", Person.Sign(GoodHeader, Payload("", "/" + Person.Sub[1..])), 400);
        add("sub in hexadecimal", Person.Sign(GoodHeader, Payload("", Convert.ToHexStringLower(Person.PublicKey))), 400);
        const string Alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        var last = Alphabet.IndexOf(Person.Sub[^1], StringComparison.Ordinal);
        for (var bits = 1; bits < 4; bits++)
        {
            add($"sub with unused bits {bits}", Person.Sign(GoodHeader, Payload("", Person.Sub[..^1] + Alphabet[last | bits])), 400);
        }

        add("sub of a stranger", Person.Sign(GoodHeader, Payload("", Stranger.Sub)), 401);
    }

    private static void Keys(Action<string, string, int> add)
    {
        var p = BigInteger.Pow(2, 255) - 19;
        var order8 = new[]
        {
            "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
            "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
        };

        // R = the neutral element, S = 0 "verifies" everything under a key of order 1, and every eighth message under order 8.
        byte[] lazy = [1, .. new byte[63]];
        void AddKey(string name, byte[] key)
        {
            var sub = Base64UrlText.Encode(key);
            var input = $"{Encode(GoodHeader)}.{Encode(Payload("", sub))}";
            add($"key {name}, lazy signature", $"{input}.{Base64UrlText.Encode(lazy)}", 401);
            add($"key {name}, its own bytes as R", $"{input}.{Base64UrlText.Encode([.. key, .. new byte[32]])}", 401);
        }

        foreach (var sign in new[] { 0, 0x80 })
        {
            foreach (var (name, y) in new (string, BigInteger)[] { ("y=0", 0), ("y=1", 1), ("y=-1", p - 1) })
            {
                AddKey($"{name} sign {sign >> 7}", Point(y, sign));
            }

            foreach (var (index, hex) in order8.Index())
            {
                var bytes = Convert.FromHexString(hex);
                bytes[31] |= (byte)sign;
                AddKey($"order 8 number {index} sign {sign >> 7}", bytes);
            }

            // y = p … p + 18 fit into 255 bits: second spellings of 0 … 18.
            for (var above = 0; above <= 18; above++)
            {
                AddKey($"y=p+{above} sign {sign >> 7}", Point(p + above, sign));
            }
        }

        for (var y = 2; y < 12; y++)
        {
            AddKey($"y={y}", Point(y, 0));
        }

        AddKey("all ones", Enumerable.Repeat((byte)0xff, 32).ToArray());
    }

    private static void Signatures(Action<string, string, int> add)
    {
        var good = Person.Sign(GoodHeader, GoodPayload);
        var input = good[..good.LastIndexOf('.')];
        var signature = Identity.Decode(good[(good.LastIndexOf('.') + 1)..]);
        void AddSignature(string name, byte[] bytes) => add($"signature {name}", $"{input}.{Base64UrlText.Encode(bytes)}", 401);

        for (var i = 0; i < 64; i++)
        {
            var flipped = (byte[])signature.Clone();
            flipped[i] ^= 1;
            AddSignature($"with byte {i} changed", flipped);
        }

        var order = BigInteger.Pow(2, 252) + BigInteger.Parse("27742317777372353535851937790883648493", System.Globalization.CultureInfo.InvariantCulture);
        var s = new BigInteger(signature.AsSpan(32), isUnsigned: true);
        for (var multiple = 1; multiple <= 14; multiple++)
        {
            AddSignature($"with S + {multiple} L", [.. signature[..32], .. Scalar(s + (order * multiple))]);
        }

        AddSignature("with S = 0", [.. signature[..32], .. new byte[32]]);
        AddSignature("with S = L", [.. signature[..32], .. Scalar(order)]);
        AddSignature("with S = L - 1", [.. signature[..32], .. Scalar(order - 1)]);
        AddSignature("with -S", [.. signature[..32], .. Scalar(order - s)]);
        AddSignature("of zeros", new byte[64]);
        AddSignature("of ones", Enumerable.Repeat((byte)0xff, 64).ToArray());
        AddSignature("with R and S exchanged", [.. signature[32..], .. signature[..32]]);
        AddSignature("of 63 bytes", signature[..63]);
        AddSignature("of 65 bytes", [.. signature, 0]);
        AddSignature("of 32 bytes", signature[..32]);
        AddSignature("of 96 bytes", [.. signature, .. signature[..32]]);
        AddSignature("of 128 bytes", [.. signature, .. signature]);
        AddSignature("of one byte", [1]);
        AddSignature("by a stranger", Stranger.Signature(input));
        AddSignature("of the header alone", Person.Signature(input[..input.IndexOf('.', StringComparison.Ordinal)]));
        AddSignature("of the payload alone", Person.Signature(GoodPayload));
        AddSignature("of the decoded parts", Person.Signature(GoodHeader + "." + GoodPayload));
        AddSignature("of another payload", Person.Signature($"{Encode(GoodHeader)}.{Encode(Payload(""","iat":1"""))}"));
        AddSignature("of another header", Person.Signature($"{Encode("""{"alg":"EdDSA"}""")}.{Encode(GoodPayload)}"));
        AddSignature("in DER", [0x30, 0x44, 0x02, 0x20, .. signature[..32], 0x02, 0x20, .. signature[32..]]);
        foreach (var (name, r) in new[] { ("neutral", Point(1, 0)), ("order 2", Point(BigInteger.Pow(2, 255) - 20, 0)), ("order 4", Point(0, 0)), ("not canonical", Point(BigInteger.Pow(2, 255) - 18, 0)) })
        {
            AddSignature($"with R {name}", [.. r, .. signature[32..]]);
            AddSignature($"with R {name} and S = 0", [.. r, .. new byte[32]]);
        }
    }

    private static void Claims(Action<string, string, int> add)
    {
        var now = DateTimeOffset.UtcNow.ToUnixTimeSeconds();
        void AddClaims(string name, string more, int status) => add(name, Person.Sign(GoodHeader, Payload("," + more)), status);

        foreach (var claim in new[] { "iat", "nbf", "exp" })
        {
            foreach (var value in new[] { "null", "\"1700000000\"", "1.5", "1.0", "1e9", "-1", "253402300800", "99999999999999999999", "true", "[]", "{}" })
            {
                AddClaims($"{claim} is {value}", $"\"{claim}\":{value}", 400);
            }
        }

        foreach (var value in new[] { "null", "1", "\"\"", $"\"{new string('j', 129)}\"", "[]", "{}", "\"\\udc00\"" })
        {
            AddClaims($"jti is {value[..Math.Min(9, value.Length)]}", $"\"jti\":{value}", 400);
        }

        foreach (var value in new[] { "null", "1", $"\"{new string('i', 513)}\"", "[]" })
        {
            AddClaims($"iss is {value[..Math.Min(5, value.Length)]}", $"\"iss\":{value}", 400);
        }

        foreach (var value in new[] { ScopeSigningHost.Issuer, ScopeSigningHost.Issuer + "/test", ScopeSigningHost.BaseUrl, Stranger.Sub, "", "https://elsewhere.example" })
        {
            AddClaims($"iss is the text {value}", $"\"iss\":\"{value}\"", 401);
        }

        foreach (var value in new[]
        {
            "\"https://elsewhere.example\"", "\"\"", "null", "1", "[]", "{}", $"[\"{ScopeSigningHost.Issuer}\",\"{ScopeSigningHost.BaseUrl}\"]",
            $"\"{ScopeSigningHost.Issuer}/\"", $"\"{ScopeSigningHost.BaseUrl}/\"", $"\"{ScopeSigningHost.BaseUrl.ToUpperInvariant()}\"", $"[[\"{ScopeSigningHost.BaseUrl}\"]]", $"\"{ScopeSigningHost.Issuer}/test\"",
        })
        {
            AddClaims($"aud is {value}", $"\"aud\":{value}", 401);
        }

        AddClaims("exp has passed", $"\"exp\":{now - 3600}", 401);
        AddClaims("exp is 1970", "\"exp\":0", 401);
        AddClaims("exp is in two days", $"\"exp\":{now + 172_800}", 401);
        AddClaims("exp is the end of time", "\"exp\":253402300799", 401);
        AddClaims("nbf is in the future", $"\"nbf\":{now + 3600}", 401);
        AddClaims("iat is in the future", $"\"iat\":{now + 3600}", 401);
        AddClaims("iat is a day old, no exp", $"\"iat\":{now - 86_400}", 401);
        AddClaims("exp equals iat", $"\"iat\":{now},\"exp\":{now}", 401);
        AddClaims("exp is before iat", $"\"iat\":{now + 10},\"exp\":{now + 5}", 401);
        AddClaims("made for another operation", "\"scope\":\"email\",\"email\":\"a@b.example\"", 401);
        AddClaims("made for another operation, null", "\"scope\":null", 401);
        foreach (var value in new[] { "\"\"", "1", "null", "\"with space\"", "\"quote\\\"\"", "\"ümlaut\"", "\"\\u0000\"", $"\"{new string('d', 1025)}\"", "[]", "{}" })
        {
            AddClaims($"devtoken is {value[..Math.Min(12, value.Length)]}", $"\"devtoken\":{value}", 400);
        }

        foreach (var value in new[] { "\"\"", "1", "null", "[]", $"\"{new string('A', 43)}\"", $"\"{new string('A', 42)}\"", $"\"{new string('A', 42)}B\"", $"\"{new string('A', 44)}\"" })
        {
            AddClaims($"pk is {value}", $"\"pk\":{value}", 400);
        }
    }

    private static string Encode(string text) => Base64UrlText.Encode(Encoding.UTF8.GetBytes(text));

    private static string Strip(string token) => token[..(token.LastIndexOf('.') + 1)];

    private static byte[] Point(BigInteger y, int sign)
    {
        var bytes = Scalar(y);
        bytes[31] |= (byte)sign;
        return bytes;
    }

    private static byte[] Scalar(BigInteger value)
    {
        var bytes = new byte[32];
        value.ToByteArray(isUnsigned: true).CopyTo(bytes, 0);
        return bytes;
    }
}
