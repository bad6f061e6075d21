using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Pairing.Domain;
using ServiceDefaults.Jose;
using TestSupport;

namespace Pairing.Tests.Domain;

/// <summary>Contract §2.3 and §2.4 for our own tokens, refusal by refusal. Realms: <c>RealmTokenTests</c>.</summary>
public sealed class PairingTokenVerifierTests : IDisposable
{
    private const string Issuer = "hauth:orchestrator";
    private const string Audience = "hauth:pairing";
    private const string GoodHeaderMembers = "\"alg\":\"ES256\"";

    private static readonly Guid Jti = new("6f9619ff-8b86-4011-b42d-00cf4fc964ff");
    private static readonly Guid Tenant = Guid.NewGuid();
    private static readonly Guid User = Guid.NewGuid();

    private readonly FakeClock _clock = new(DateTimeOffset.FromUnixTimeSeconds(1_800_000_000));
    private readonly KeyRing _ring;
    private readonly PairingTokenVerifier _verifier;

    public PairingTokenVerifierTests()
    {
        _ring = new KeyRing("seed-one-0123456789-0123456789-0123456789-012", null, null, _clock);
        _verifier = new PairingTokenVerifier([new TrustedIssuer(Issuer, Audience, ["ES256"], null, new LocalVerificationKeys(_ring))], _clock);
    }

    private long Now => _clock.GetUtcNow().ToUnixTimeSeconds();

    [Fact]
    public async Task Verify_OwnToken_GivesItsClaims()
    {
        var jwt = new PairingTokenIssuer(_ring, Issuer, Audience).Issue(Jti, Tenant, User, Now, Now + 120);

        var token = await AcceptedAsync(jwt);

        Assert.Equal(new PairingToken(Issuer, Jti, Tenant, User, Now + 120, null, false), token);
        Assert.Equal("ES256", Part(jwt, 0).GetProperty("alg").GetString());
        Assert.Equal("JWT", Part(jwt, 0).GetProperty("typ").GetString());
        Assert.Equal(_ring.Signing.KeyId, Part(jwt, 0).GetProperty("kid").GetString());
        Assert.Equal(["iss", "aud", "iat", "exp", "jti", "tenantId", "userId"], Part(jwt, 1).EnumerateObject().Select(claim => claim.Name));
        Assert.Equal(Audience, Part(jwt, 1).GetProperty("aud")[0].GetString());
    }

    [Fact]
    public async Task Verify_TokenAltered_IsInvalid()
    {
        var jwt = Sign(Claims());
        for (var i = 0; i < jwt.Length; i += 3)
        {
            var altered = jwt.ToCharArray();
            altered[i] = altered[i] == 'A' ? 'B' : 'A';
            await RefusedAsync(new string(altered));
        }
    }

    public static TheoryData<string, string> BadClaims => new()
    {
        { "no iss", "\"iss\":null" },
        { "other iss", "\"iss\":\"hauth:orchestrator2\"" },
        { "iss in another case", "\"iss\":\"HAUTH:orchestrator\"" },
        { "no aud", "\"aud\":null" },
        { "other aud", "\"aud\":[\"platform\"]" },
        { "aud as text, other", "\"aud\":\"platform\"" },
        { "aud with a number", "\"aud\":[\"hauth:pairing\",1]" },
        { "aud empty", "\"aud\":[]" },
        { "aud object", "\"aud\":{\"hauth:pairing\":1}" },
        { "no iat", "\"iat\":null" },
        { "iat text", "\"iat\":\"1800000000\"" },
        { "iat in 31 s", "\"iat\":1800000031" },
        { "no exp", "\"exp\":null" },
        { "exp text", "\"exp\":\"1800000100\"" },
        { "exp 30 s ago", "\"iat\":1799999900,\"exp\":1799999970" },
        { "lives 601 s", "\"iat\":1800000000,\"exp\":1800000601" },
        { "exp infinite", "\"exp\":1e999" },
        { "nbf in 31 s", "\"nbf\":1800000031" },
        { "nbf text", "\"nbf\":\"1\"" },
        { "iss twice", "\"iss\":\"hauth:orchestrator\",\"iss\":\"hauth:orchestrator\"" },
        { "too deep", $"\"x\":{new string('[', 16)}{new string(']', 16)}" },
    };

    [Theory]
    [MemberData(nameof(BadClaims))]
    public async Task Verify_BadClaim_IsInvalid(string what, string replacement)
    {
        Assert.NotEmpty(what);
        await RefusedAsync(Sign(Claims(replacement)));
    }

    public static TheoryData<string, string> GoodClaims => new()
    {
        { "aud as text", "\"aud\":\"hauth:pairing\"" },
        { "aud among others", "\"aud\":[\"a\",\"hauth:pairing\"]" },
        { "iat in 30 s", "\"iat\":1800000030" },
        { "exp 29 s ago", "\"iat\":1799999900,\"exp\":1799999971" },
        { "lives 600 s", "\"iat\":1800000000,\"exp\":1800000600" },
        { "fractions", "\"iat\":1800000000.5,\"exp\":1.8000001e9" },
        { "nbf in 30 s", "\"nbf\":1800000030" },
        { "upper-case ids", $"\"jti\":\"{Jti.ToString().ToUpperInvariant()}\"" },
        { "unknown claims", "\"x\":{\"y\":[1,2]}" },
    };

    [Theory]
    [MemberData(nameof(GoodClaims))]
    public async Task Verify_GoodClaim_IsAccepted(string what, string replacement)
    {
        Assert.NotEmpty(what);
        Assert.Equal(Jti, (await AcceptedAsync(Sign(Claims(replacement)))).Jti);
    }

    public static TheoryData<string> MissingSubjects =>
    [
        "\"jti\":null", "\"jti\":1", "\"jti\":\"abc\"", "\"jti\":\"\"", "\"jti\":\"{6f9619ff-8b86-4011-b42d-00cf4fc964ff}\"",
        "\"tenantId\":null", "\"tenantId\":1", "\"tenantId\":\"abc\"",
        "\"userId\":null", "\"userId\":[]", "\"userId\":\"abc\"",
        "\"userId\":null,\"sub\":\"6f9619ff-8b86-4011-b42d-00cf4fc964ff\"", // only realms may use sub
    ];

    [Theory]
    [MemberData(nameof(MissingSubjects))]
    public async Task Verify_SubjectMissingOrNoUuid_IsRefusedForItsClaims(string replacement)
        => Assert.Equal(TokenRefusal.Claims, (await _verifier.VerifyAsync(Sign(Claims(replacement)), TestContext.Current.CancellationToken)).Refusal);

    [Fact]
    public async Task Verify_BadSignatureAndBadSubject_IsInvalid()
    {
        using var stranger = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        await RefusedAsync(Sign(Claims("\"jti\":null"), signer: data => stranger.SignData(data, HashAlgorithmName.SHA256)));
    }

    public static TheoryData<string> BadHeaders =>
    [
        "\"alg\":\"none\"", "\"alg\":\"None\"", "\"alg\":\"HS256\"", "\"alg\":\"RS256\"", "\"alg\":\"PS256\"", "\"alg\":\"ES384\"", "\"alg\":\"es256\"",
        "\"alg\":null", "\"alg\":1", "\"x\":1",
        "\"alg\":\"ES256\",\"alg\":\"ES256\"",
        "\"alg\":\"ES256\",\"\\ud800\":1",
        "\"alg\":\"ES256\",\"crit\":[\"exp\"]", "\"alg\":\"ES256\",\"crit\":null",
        "\"alg\":\"ES256\",\"typ\":\"at+jwt\"", "\"alg\":\"ES256\",\"typ\":\"ID\"", "\"alg\":\"ES256\",\"typ\":\"logout+jwt\"", "\"alg\":\"ES256\",\"typ\":\"\"", "\"alg\":\"ES256\",\"typ\":1",
    ];

    [Theory]
    [MemberData(nameof(BadHeaders))]
    public async Task Verify_BadHeader_IsInvalid(string members) => await RefusedAsync(Sign(Claims(), members));

    [Theory]
    [InlineData("\"alg\":\"ES256\"")]
    [InlineData("\"alg\":\"ES256\",\"typ\":\"jwt\"")]
    [InlineData("\"alg\":\"ES256\",\"typ\":\"Pairing+JWT\"")]
    [InlineData("\"alg\":\"ES256\",\"jku\":\"https://evil.example/keys\",\"x5u\":\"https://evil.example/x\",\"x5c\":[]")]
    public async Task Verify_GoodHeader_IsAccepted(string members) => await AcceptedAsync(Sign(Claims(), members));

    [Fact]
    public async Task Verify_KeyInTheHeader_IsNotUsed()
    {
        using var stranger = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var q = stranger.ExportParameters(false).Q;
        var members = $$"""{{GoodHeaderMembers}},"jwk":{"kty":"EC","crv":"P-256","x":"{{Base64Url.EncodeToString(q.X)}}","y":"{{Base64Url.EncodeToString(q.Y)}}"}""";
        await RefusedAsync(Sign(Claims(), members, signer: data => stranger.SignData(data, HashAlgorithmName.SHA256)));
    }

    [Fact]
    public async Task Verify_SignedWithHmacOfThePublicKey_IsInvalid()
    {
        var x = _ring.Signing.Pair.Parameters.Q.X!;
        await RefusedAsync(Sign(Claims(), "\"alg\":\"HS256\"", signer: data => HMACSHA256.HashData(x, data)));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("unknown")]
    public async Task Verify_KeyIdMissingOrUnknown_IsInvalid(string? keyId) => await RefusedAsync(Sign(Claims(), keyId: keyId ?? ""));

    [Fact]
    public async Task Verify_SignedByTheEncryptionKey_IsInvalid()
    {
        using var key = ECDsa.Create(_ring.Decryption.Pair.Parameters);
        await RefusedAsync(Sign(Claims(), keyId: _ring.Decryption.Pair.KeyId, signer: data => key.SignData(data, HashAlgorithmName.SHA256)));
    }

    [Fact]
    public async Task Verify_SignatureInDer_IsInvalid()
    {
        using var key = ECDsa.Create(_ring.Signing.Pair.Parameters);
        await RefusedAsync(Sign(Claims(), signer: data => key.SignData(data, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence)));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(63)]
    [InlineData(65)]
    [InlineData(64)]
    public async Task Verify_SignatureOfZeros_IsInvalid(int length) => await RefusedAsync(Sign(Claims(), signer: _ => new byte[length]));

    [Fact]
    public async Task Verify_NotThreeParts_IsInvalid()
    {
        var jwt = Sign(Claims());
        var parts = jwt.Split('.');
        foreach (var text in new[]
        {
            "", ".", "..", "...", "a.b.c", "hello", parts[0], $"{parts[0]}.{parts[1]}", $"{parts[0]}.{parts[1]}.", $".{parts[1]}.{parts[2]}", $"{parts[0]}..{parts[2]}",
            jwt + ".", jwt + ".x", jwt + "=", jwt + "\n", " " + jwt, jwt + "é", jwt.Replace('.', ' '),
        })
        {
            await RefusedAsync(text);
        }
    }

    [Fact]
    public async Task Verify_Size_CountsToTheCharacter()
    {
        var room = PairingTokenVerifier.MaximumLength;
        var fitting = Enumerable.Range(5000, 1500).Select(length => Sign(Claims($"\"x\":\"{new string('x', length)}\""))).ToList();
        var longest = fitting.Last(jwt => jwt.Length <= room);
        Assert.True(longest.Length > room - 3);

        await AcceptedAsync(longest);
        await RefusedAsync(fitting.First(jwt => jwt.Length > room));
    }

    /// <summary>RFC 7515 Appendix A.3.</summary>
    [Fact]
    public void VerificationKey_Rfc7515AppendixA3_Verifies()
    {
        using var key = VerificationKey.FromPoint(
            Base64Url.DecodeFromChars("f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"), Base64Url.DecodeFromChars("x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"));
        var data = "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"u8.ToArray();
        var signature = Base64Url.DecodeFromChars("DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q");

        Assert.True(key.Verify("ES256", data, signature));
        Assert.False(key.Verify("RS256", data, signature));
        signature[0] ^= 1;
        Assert.False(key.Verify("ES256", data, signature));
    }

    public void Dispose() => _ring.Dispose();

    private static string Claims(string? replacement = null)
    {
        var claims = new List<KeyValuePair<string, string>>
        {
            new("iss", $"\"{Issuer}\""), new("aud", $"[\"{Audience}\"]"), new("iat", "1800000000"), new("exp", "1800000120"),
            new("jti", $"\"{Jti}\""), new("tenantId", $"\"{Tenant}\""), new("userId", $"\"{User}\""),
        };
        claims.RemoveAll(claim => replacement?.Contains($"\"{claim.Key}\":", StringComparison.Ordinal) == true);
        var members = claims.Select(claim => $"\"{claim.Key}\":{claim.Value}").ToList();
        if (replacement is not null)
        {
            members.Add(replacement);
        }

        return $"{{{string.Join(',', members)}}}";
    }

    private string Sign(string claims, string header = GoodHeaderMembers, string? keyId = null, Func<byte[], byte[]>? signer = null)
    {
        var kid = keyId ?? _ring.Signing.KeyId;
        var headerJson = kid.Length == 0 ? $"{{{header}}}" : $"{{{header},\"kid\":\"{kid}\"}}";
        var signed = $"{Base64Url.EncodeToString(Encoding.UTF8.GetBytes(headerJson))}.{Base64Url.EncodeToString(Encoding.UTF8.GetBytes(claims))}";
        var data = Encoding.ASCII.GetBytes(signed);
        return $"{signed}.{Base64Url.EncodeToString(signer is null ? _ring.Signing.Sign(data) : signer(data))}";
    }

    private async Task<PairingToken> AcceptedAsync(string jwt)
    {
        var verification = await _verifier.VerifyAsync(jwt, TestContext.Current.CancellationToken);
        Assert.Equal(TokenRefusal.None, verification.Refusal);
        return verification.Token!;
    }

    private async Task RefusedAsync(string jwt)
    {
        var verification = await _verifier.VerifyAsync(jwt, TestContext.Current.CancellationToken);
        Assert.True(verification.Refusal == TokenRefusal.Invalid, jwt);
        Assert.Null(verification.Token);
    }

    private static System.Text.Json.JsonElement Part(string jwt, int index)
        => System.Text.Json.JsonDocument.Parse(Base64Url.DecodeFromChars(jwt.Split('.')[index])).RootElement;
}
