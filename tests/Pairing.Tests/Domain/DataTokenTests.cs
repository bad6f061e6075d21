using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Pairing.Domain;
using Pairing.Tests.Infrastructure;

namespace Pairing.Tests.Domain;

/// <summary>Contract §3.3: the token that opens, and every fault that it can have.</summary>
public sealed class DataTokenTests : IDisposable
{
    private static readonly DateTimeOffset Now = DateTimeOffset.FromUnixTimeSeconds(1_800_000_000);

    private readonly KeyRing _ring = new(PairingApp.KeySeed, null, null, TimeProvider.System);
    private readonly ECDsa _device = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    private TestDataToken Good => new() { Recipient = PublicHalf(_ring.Decryption), Signer = _device };

    [Theory]
    [InlineData("""{"refEcg":[[1]]}""", "[[1]]")]
    [InlineData("""{"a":{"b":[1,null]},"refEcg": [ [1, -2.5e3], [0] ] ,"iat":5,"c":true}""", "[ [1, -2.5e3], [0] ]")]
    [InlineData("""{"refEcg":[[1]],"exp":1799999970}""", "[[1]]")]
    [InlineData("""{"refEcg":[[1]],"exp":9999999999.5}""", "[[1]]")]
    public void TryOpen_GoodPayload_GivesTheMeasurementAsWritten(string payload, string measurement)
    {
        Assert.True(TryOpen((Good with { Payload = payload }).Build(), out var opened));
        Assert.Equal(measurement, Encoding.UTF8.GetString(opened));
    }

    [Fact]
    public void TryOpen_PartyInformationAndIgnoredMembers_Opens()
    {
        var token = Good with
        {
            PartyU = "Alice"u8.ToArray(),
            PartyV = "Bob"u8.ToArray(),
            OuterMembers = "\"kid\":\"whatever\",\"typ\":\"JWE\",\"cty\":\"JWT\",\"alg\":\"ECDH-ES\",\"enc\":\"A256GCM\",\"apu\":\"QWxpY2U\",\"apv\":\"Qm9i\"",
            InnerHeader = """{"typ":"anything","alg":"ES256","kid":"1","jwk":{"kty":"EC"},"x5c":[]}""",
        };
        Assert.True(TryOpen(token.Build(), out _));
    }

    public static TheoryData<string, string> BadPayloads => new()
    {
        { "no refEcg", "{}" },
        { "array", "[]" },
        { "empty", "" },
        { "not JSON", "{" },
        { "trailing data", """{"refEcg":[[1]]} {}""" },
        { "refEcg twice", """{"refEcg":[[1]],"refEcg":[[1]]}""" },
        { "refEcg null", """{"refEcg":null}""" },
        { "refEcg object", """{"refEcg":{}}""" },
        { "no series", """{"refEcg":[]}""" },
        { "empty series", """{"refEcg":[[1],[]]}""" },
        { "flat", """{"refEcg":[1,2]}""" },
        { "17 series", $$"""{"refEcg":[{{string.Join(',', Enumerable.Repeat("[1]", 17))}}]}""" },
        { "100001 values", $$"""{"refEcg":[[{{string.Join(',', Enumerable.Repeat("1", 100_001))}}]]}""" },
        { "string value", """{"refEcg":[["1"]]}""" },
        { "null value", """{"refEcg":[[null]]}""" },
        { "infinite", """{"refEcg":[[1e999]]}""" },
        { "NaN", """{"refEcg":[[NaN]]}""" },
        { "nested", """{"refEcg":[[[1]]]}""" },
        { "exp 31 s ago", """{"refEcg":[[1]],"exp":1799999969}""" },
        { "exp no number", """{"refEcg":[[1]],"exp":"1900000000"}""" },
        { "iat no number", """{"refEcg":[[1]],"iat":null}""" },
        { "exp twice", """{"refEcg":[[1]],"exp":1900000000,"exp":1900000000}""" },
        { "too deep", $$"""{"refEcg":[[1]],"a":{{new string('[', 16)}}{{new string(']', 16)}}}""" },
    };

    [Theory]
    [MemberData(nameof(BadPayloads))]
    public void TryOpen_BadPayload_IsRefused(string what, string payload)
        => Assert.False(TryOpen((Good with { Payload = payload }).Build(), out _), what);

    [Fact]
    public void TryOpen_AtTheLimits_Opens()
    {
        Assert.True(TryOpen((Good with { Payload = $$"""{"refEcg":[{{string.Join(',', Enumerable.Repeat("[1]", 16))}}]}""" }).Build(), out _));
        Assert.True(TryOpen((Good with { Payload = $$"""{"refEcg":[[{{string.Join(',', Enumerable.Repeat("1", 100_000))}}]]}""" }).Build(), out _));
    }

    [Fact]
    public void TryOpen_Length_CountsToTheCharacter()
    {
        // Two nested base64url of a growing payload: search the payload whose token is just as long as allowed, then one step more.
        var (low, high) = (0, DataToken.MaximumLength);
        while (high - low > 1)
        {
            var middle = (low + high) / 2;
            if (Padded(middle).Length <= DataToken.MaximumLength)
            {
                low = middle;
            }
            else
            {
                high = middle;
            }
        }

        Assert.True(Padded(low).Length > DataToken.MaximumLength - 4);
        Assert.True(TryOpen(Padded(low), out _));
        Assert.False(TryOpen(Padded(high), out _));

        string Padded(int length) => (Good with { Payload = $$"""{"refEcg":[[1]],"pad":"{{new string('x', length)}}"}""" }).Build();
    }

    public static TheoryData<string, string> BadOuterHeaders => new()
    {
        { "alg missing", "\"enc\":\"A256GCM\"" },
        { "alg with key wrap", "\"alg\":\"ECDH-ES+A256KW\",\"enc\":\"A256GCM\"" },
        { "alg dir", "\"alg\":\"dir\",\"enc\":\"A256GCM\"" },
        { "alg lower case", "\"alg\":\"ecdh-es\",\"enc\":\"A256GCM\"" },
        { "enc missing", "\"alg\":\"ECDH-ES\"" },
        { "enc A128GCM", "\"alg\":\"ECDH-ES\",\"enc\":\"A128GCM\"" },
        { "enc CBC", "\"alg\":\"ECDH-ES\",\"enc\":\"A256CBC-HS512\"" },
        { "zip", "\"alg\":\"ECDH-ES\",\"enc\":\"A256GCM\",\"zip\":\"DEF\"" },
        { "crit", "\"alg\":\"ECDH-ES\",\"enc\":\"A256GCM\",\"crit\":[\"x\"]" },
        { "apu no base64url", "\"alg\":\"ECDH-ES\",\"enc\":\"A256GCM\",\"apu\":\"=\"" },
        { "apu no string", "\"alg\":\"ECDH-ES\",\"enc\":\"A256GCM\",\"apu\":1" },
        { "apu not agreed", "\"alg\":\"ECDH-ES\",\"enc\":\"A256GCM\",\"apu\":\"QQ\"" },
        { "alg twice", "\"alg\":\"ECDH-ES\",\"alg\":\"ECDH-ES\",\"enc\":\"A256GCM\"" },
    };

    [Theory]
    [MemberData(nameof(BadOuterHeaders))]
    public void TryOpen_BadOuterHeader_IsRefused(string what, string members)
        => Assert.False(TryOpen((Good with { OuterMembers = members }).Build(), out _), what);

    public static TheoryData<string, string> BadEphemeralKeys => new()
    {
        { "null", "null" },
        { "text", "\"x\"" },
        { "empty", "{}" },
        { "P-384", """{"kty":"EC","crv":"P-384","x":"AA","y":"AA"}""" },
        { "OKP", """{"kty":"OKP","crv":"X25519","x":"hSDwCYkwp1R0i33ctD73Wg2_Og0mOBr066SpjqqbTmo"}""" },
        { "not on the curve", """{"kty":"EC","crv":"P-256","x":"gI0GAILBdu7T53akrFmMyGcsF3n5dO7MmwNBHKW5SV0","y":"SLW_xSffzlPWrHEVI30DHM_4egVwt3NQqeUD7nMFppo"}""" },
        { "zero", $$"""{"kty":"EC","crv":"P-256","x":"{{new string('A', 43)}}","y":"{{new string('A', 43)}}"}""" },
        { "33 bytes", $$"""{"kty":"EC","crv":"P-256","x":"{{new string('A', 44)}}","y":"{{new string('A', 43)}}"}""" },
        { "another one", """{"kty":"EC","crv":"P-256","x":"gI0GAILBdu7T53akrFmMyGcsF3n5dO7MmwNBHKW5SV0","y":"SLW_xSffzlPWrHEVI30DHM_4egVwt3NQqeUD7nMFpps"}""" },
    };

    [Theory]
    [MemberData(nameof(BadEphemeralKeys))]
    public void TryOpen_BadEphemeralKey_IsRefused(string what, string key)
        => Assert.False(TryOpen((Good with { EphemeralKey = key }).Build(), out _), what);

    public static TheoryData<string, Func<string, string>> Damages => new()
    {
        { "empty", _ => "" },
        { "dots", _ => "...." },
        { "four parts", token => token[..token.LastIndexOf('.')] },
        { "six parts", token => token + ".AA" },
        { "encrypted key present", token => Replace(token, 1, "AA") },
        { "iv of 11 bytes", token => Replace(token, 2, Base64Url.EncodeToString(new byte[11])) },
        { "iv of 16 bytes", token => Replace(token, 2, Base64Url.EncodeToString(new byte[16])) },
        { "other iv", token => Replace(token, 2, Base64Url.EncodeToString(new byte[12])) },
        { "tag of 12 bytes", token => Replace(token, 4, Base64Url.EncodeToString(new byte[12])) },
        { "other tag", token => Replace(token, 4, Base64Url.EncodeToString(new byte[16])) },
        { "other ciphertext", token => Replace(token, 3, Base64Url.EncodeToString(new byte[100])) },
        { "empty ciphertext", token => Replace(token, 3, "") },
        { "padding", token => token + "=" },
        { "line break", token => token.Insert(20, "\n") },
        { "standard base64", token => Replace(token, 4, "+" + token.Split('.')[4][1..]) },
        // The header part is authenticated as it stands, not as what it means.
        { "header in another spelling", token => Replace(token, 0, Base64Url.EncodeToString([.. Base64Url.DecodeFromChars(token.Split('.')[0]), (byte)' '])) },
        { "header no object", token => Replace(token, 0, Base64Url.EncodeToString("[]"u8)) },
        { "not a token", _ => "hello" },
    };

    [Theory]
    [MemberData(nameof(Damages))]
    public void TryOpen_DamagedToken_IsRefused(string what, Func<string, string> damage)
        => Assert.False(TryOpen(damage(Good.Build()), out _), what);

    public static TheoryData<string> BadInnerHeaders =>
    [
        "{}",
        """{"alg":"none"}""",
        """{"alg":"HS256"}""",
        """{"alg":"ES384"}""",
        """{"alg":"es256"}""",
        """{"alg":"ES256","crit":["exp"]}""",
        """{"alg":"ES256","b64":false}""",
        """{"alg":"ES256","b64":true}""",
        """{"alg":"ES256","alg":"ES256"}""",
        """{"alg":"ES256","\ud800":1}""",
        "[]",
        "",
    ];

    [Theory]
    [MemberData(nameof(BadInnerHeaders))]
    public void TryOpen_BadInnerHeader_IsRefused(string header)
        => Assert.False(TryOpen((Good with { InnerHeader = header }).Build(), out _));

    [Fact]
    public void TryOpen_SignedByAnotherKey_IsRefused()
    {
        using var other = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        Assert.False(TryOpen((Good with { Signer = other }).Build(), out _));
    }

    [Theory]
    [InlineData("")]
    [InlineData("AA")]
    public void TryOpen_InnerSignatureMissing_IsRefused(string signature)
        => Assert.False(TryOpen((Good with { InnerSignature = signature }).Build(), out _));

    [Fact]
    public void TryOpen_InnerSignatureInDer_IsRefused()
    {
        var token = Good;
        var signed = Encoding.ASCII.GetBytes(token.Jws()[..token.Jws().LastIndexOf('.')]);
        var der = _device.SignData(signed, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence);
        Assert.False(TryOpen((token with { InnerSignature = Base64Url.EncodeToString(der) }).Build(), out _));
    }

    [Theory]
    [InlineData("")]
    [InlineData("hello")]
    [InlineData("..")]
    [InlineData("""{"refEcg":[[1]]}""")]
    public void TryOpen_NoJwsInside_IsRefused(string inner)
        => Assert.False(TryOpen((Good with { Inner = inner }).Build(), out _));

    [Fact]
    public void TryOpen_EncryptedToThePreviousKey_OpensDuringTheOverlapOnly()
    {
        var rotated = DateTimeOffset.UtcNow;
        var clock = new TestSupport.FakeClock(rotated);
        using var ring = new KeyRing("another-seed-of-the-tests-0123456789-0123456789", PairingApp.KeySeed, rotated, clock);
        var toPrevious = Good.Build();
        var toCurrent = (Good with { Recipient = PublicHalf(ring.Decryption) }).Build();

        clock.Advance(TimeSpan.FromHours(24) - TimeSpan.FromSeconds(1));
        Assert.True(TryOpen(toPrevious, out _, ring));
        Assert.True(TryOpen(toCurrent, out _, ring));

        clock.Advance(TimeSpan.FromSeconds(1));
        Assert.False(TryOpen(toPrevious, out _, ring));
        Assert.True(TryOpen(toCurrent, out _, ring));
    }

    private bool TryOpen(string token, out byte[] measurement, KeyRing? ring = null)
        => DataToken.TryOpen(Encoding.UTF8.GetBytes(token), (ring ?? _ring).Decryption, (ring ?? _ring).PreviousDecryption, _device, Now, out measurement);

    private static ECParameters PublicHalf(DecryptionKey key)
        => new() { Curve = ECCurve.NamedCurves.nistP256, Q = key.Pair.Parameters.Q };

    private static string Replace(string token, int part, string value)
    {
        var parts = token.Split('.');
        parts[part] = value;
        return string.Join('.', parts);
    }

    public void Dispose()
    {
        _ring.Dispose();
        _device.Dispose();
    }
}
