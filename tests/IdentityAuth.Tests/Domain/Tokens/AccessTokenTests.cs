using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using IdentityAuth.Domain.Tokens;

namespace IdentityAuth.Tests.Domain.Tokens;

public sealed class AccessTokenTests
{
    private static readonly DateTimeOffset Now = DateTimeOffset.FromUnixTimeSeconds(1_800_000_000);

    [Fact]
    public void Issue_Subject_EveryClaimIsThere()
    {
        var (key, pkcs8) = SigningKey.Create();
        using (key)
        {
            Assert.NotEmpty(pkcs8);
            var token = AccessToken.Issue(key, "https://p.example/identity-auth", new AccessTokenSubject("42", "sid", "a@b.example", "Ada", IsAdministrator: true), Now);

            var (header, claims) = Verify(token, key);
            Assert.Equal($$"""{"alg":"ES256","typ":"at+jwt","kid":"{{key.KeyId}}"}""", header.GetRawText());
            var jti = claims.GetProperty("jti").GetGuid();
            Assert.Equal(
                $$$"""
                {"iss":"https://p.example/identity-auth","aud":"platform","sub":"42","sid":"sid","iat":1800000000,"exp":1800000300,"jti":"{{{jti}}}","user":{"identity":"42","email":"a@b.example","firstName":"Ada","lastName":"","roles":["admin"],"groups":[],"groupRoles":[]}}
                """,
                claims.GetRawText());
        }
    }

    [Fact]
    public void Issue_NoAddressAndNoRole_LeavesThemOut()
    {
        var (key, _) = SigningKey.Create();
        using (key)
        {
            var (_, claims) = Verify(AccessToken.Issue(key, "i", new AccessTokenSubject("1", "s", null, "Eve", IsAdministrator: false), Now), key);

            var user = claims.GetProperty("user");
            Assert.False(user.TryGetProperty("email", out _));
            Assert.Empty(user.GetProperty("roles").EnumerateArray());
        }
    }

    [Fact]
    public void Import_StoredKey_SignsTheSame()
    {
        var (key, pkcs8) = SigningKey.Create();
        using (key)
        using (var again = SigningKey.Import(pkcs8))
        {
            Assert.Equal((key.KeyId, key.X, key.Y), (again.KeyId, again.X, again.Y));
            Verify(AccessToken.Issue(again, "i", new AccessTokenSubject("1", "s", null, "Eve", IsAdministrator: false), Now), key);
        }
    }

    [Fact]
    public void Import_KeyOfAnotherCurve_IsRefused()
    {
        using var other = ECDsa.Create(ECCurve.NamedCurves.nistP384);

        Assert.ThrowsAny<CryptographicException>(() => SigningKey.Import(other.ExportPkcs8PrivateKey()));
    }

    /// <summary>Computed beforehand: SHA-256 of the JWK of RFC 7515 appendix A.3 with its members in order (RFC 7638 §3.2).</summary>
    [Fact]
    public void Thumbprint_KnownKey_IsTheHashOfItsMembersInOrder()
    {
        const string X = "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU";
        const string Y = "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0";

        Assert.Equal("oKIywvGUpTVTyxMQ3bwIIeQUudfr_CkLMjCE19ECD-U", SigningKey.Thumbprint(X, Y));
    }

    private static (JsonElement Header, JsonElement Claims) Verify(string token, SigningKey key)
    {
        var parts = token.Split('.');
        using var verifier = ECDsa.Create(new ECParameters
        {
            Curve = ECCurve.NamedCurves.nistP256,
            Q = new ECPoint { X = Base64Url.DecodeFromChars(key.X), Y = Base64Url.DecodeFromChars(key.Y) },
        });
        Assert.True(verifier.VerifyData(Encoding.ASCII.GetBytes($"{parts[0]}.{parts[1]}"), Base64Url.DecodeFromChars(parts[2]), HashAlgorithmName.SHA256));
        return (JsonDocument.Parse(Base64Url.DecodeFromChars(parts[0])).RootElement, JsonDocument.Parse(Base64Url.DecodeFromChars(parts[1])).RootElement);
    }
}
