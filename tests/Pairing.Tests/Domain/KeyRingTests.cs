using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Pairing.Domain;
using ServiceDefaults.Jose;
using TestSupport;

namespace Pairing.Tests.Domain;

/// <summary>The derived keys and the key set (contract §7.4).</summary>
public sealed class KeyRingTests
{
    private const string Seed = "seed-one-0123456789-0123456789-0123456789-012";
    private const string OtherSeed = "seed-two-0123456789-0123456789-0123456789-012";

    [Fact]
    public void KeyRing_SameSeed_SameKeysOnEveryInstance()
    {
        using var one = new KeyRing(Seed, null, null, TimeProvider.System);
        using var two = new KeyRing(Seed, null, null, TimeProvider.System);
        using var other = new KeyRing(OtherSeed, null, null, TimeProvider.System);

        Assert.Equal(one.JwkSet.ToArray(), two.JwkSet.ToArray());
        Assert.NotEqual(one.Signing.KeyId, other.Signing.KeyId);
        Assert.NotEqual(one.Signing.KeyId, one.Decryption.Pair.KeyId);
        Assert.NotNull(two.FindVerificationKey(one.Signing.KeyId));
        Assert.True(two.FindVerificationKey(one.Signing.KeyId)!.Verify("ES256", "x"u8, one.Signing.Sign("x"u8)));
    }

    /// <summary>Pinned: another derivation would silently give every installation new keys.</summary>
    [Fact]
    public void DerivedKeyPair_KnownSeed_KnownKey()
    {
        var pair = DerivedKeyPair.Derive(Encoding.UTF8.GetBytes(Seed), "platform/pairing/signing/v1");

        // d = (HKDF-SHA256(seed, salt empty, info, 40 bytes) mod (n - 1)) + 1, computed here from the RFC's two steps.
        var prk = HMACSHA256.HashData(new byte[32], Encoding.UTF8.GetBytes(Seed));
        var info = "platform/pairing/signing/v1"u8.ToArray();
        var first = HMACSHA256.HashData(prk, (byte[])[.. info, 1]);
        var second = HMACSHA256.HashData(prk, (byte[])[.. first, .. info, 2]);
        var c = new System.Numerics.BigInteger([.. first, .. second[..8]], isUnsigned: true, isBigEndian: true);
        Assert.Equal((c % (P256.Order - 1)) + 1, new System.Numerics.BigInteger(pair.Parameters.D, isUnsigned: true, isBigEndian: true));
    }

    [Fact]
    public void JwkSet_HasEncryptionKeyFirst_AndNoPrivateMember()
    {
        using var ring = new KeyRing(Seed, null, null, TimeProvider.System);
        var keys = JsonDocument.Parse(ring.JwkSet).RootElement.GetProperty("keys");

        Assert.Equal(2, keys.GetArrayLength());
        Assert.Equal(("enc", "ECDH-ES"), (keys[0].GetProperty("use").GetString(), keys[0].GetProperty("alg").GetString()));
        Assert.Equal(("sig", "ES256"), (keys[1].GetProperty("use").GetString(), keys[1].GetProperty("alg").GetString()));
        foreach (var key in keys.EnumerateArray())
        {
            Assert.Equal(["alg", "crv", "kid", "kty", "use", "x", "y"], key.EnumerateObject().Select(member => member.Name).Order(StringComparer.Ordinal));
            var (x, y) = (key.GetProperty("x").GetString()!, key.GetProperty("y").GetString()!);
            Assert.True(P256.IsOnCurve(Base64Url.DecodeFromChars(x), Base64Url.DecodeFromChars(y)));
            // RFC 7638 §3.
            var thumbprint = SHA256.HashData(Encoding.ASCII.GetBytes($$"""{"crv":"P-256","kty":"EC","x":"{{x}}","y":"{{y}}"}"""));
            Assert.Equal(Base64Url.EncodeToString(thumbprint), key.GetProperty("kid").GetString());
        }
    }

    [Fact]
    public void JwkSet_AfterARotation_HasThePreviousSigningKeyFor24Hours()
    {
        var clock = new FakeClock();
        using var before = new KeyRing(OtherSeed, null, null, clock);
        using var ring = new KeyRing(Seed, OtherSeed, clock.GetUtcNow(), clock);
        var previous = before.Signing.KeyId;

        clock.Advance(TimeSpan.FromHours(24) - TimeSpan.FromSeconds(1));
        Assert.Equal(3, JsonDocument.Parse(ring.JwkSet).RootElement.GetProperty("keys").GetArrayLength());
        Assert.Equal(previous, JsonDocument.Parse(ring.JwkSet).RootElement.GetProperty("keys")[2].GetProperty("kid").GetString());
        Assert.NotNull(ring.FindVerificationKey(previous));

        clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(2, JsonDocument.Parse(ring.JwkSet).RootElement.GetProperty("keys").GetArrayLength());
        Assert.Null(ring.FindVerificationKey(previous));
    }

    [Fact]
    public void ToFieldBytes_SmallNumber_KeepsLeadingZeros()
        => Assert.Equal([.. new byte[31], 5], P256.ToFieldBytes(5));
}
