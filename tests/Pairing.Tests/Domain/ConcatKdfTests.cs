using System.Buffers.Text;
using System.Security.Cryptography;
using Pairing.Domain;

namespace Pairing.Tests.Domain;

/// <summary>RFC 7518 Appendix C.</summary>
public sealed class ConcatKdfTests
{
    [Fact]
    public void DeriveKey_Rfc7518AppendixC_GivesItsKey()
    {
        using var alice = Key("gI0GAILBdu7T53akrFmMyGcsF3n5dO7MmwNBHKW5SV0", "SLW_xSffzlPWrHEVI30DHM_4egVwt3NQqeUD7nMFpps", "0_NxaRPUMQoAJt50Gz8YiTr8gRTwyEaCumd-MToTmIo");
        using var bob = Key("weNJy2HscCSM6AEDTDg04biOvhFhyyWvOHQfeF_PxMQ", "e8lnCO-AlStT-NJVX-crhB7QRYhiix03illJOVAOyck", "VEmDZpDXXK8p8N0Cndsxs924q6nS1RXFASRl6BfUqdw");

        var z = alice.DeriveRawSecretAgreement(bob.PublicKey);
        var key = ConcatKdf.DeriveKey(z, "A128GCM"u8, "Alice"u8, "Bob"u8, keyLength: 16);

        Assert.Equal(z, bob.DeriveRawSecretAgreement(alice.PublicKey));
        Assert.Equal("nlbZHYFxNdNyg0KDv4QmnPsxbqPagGpI9tqneYz-kMQ", Base64Url.EncodeToString(z));
        Assert.Equal("VqqN6vgjbSBcIijNcacQGg", Base64Url.EncodeToString(key));
    }

    [Fact]
    public void DeriveKey_EveryInput_Counts()
    {
        var z = new byte[32];
        var keys = new[]
        {
            ConcatKdf.DeriveKey(z, "A256GCM"u8, default, default),
            ConcatKdf.DeriveKey(z, "A128GCM"u8, default, default),
            ConcatKdf.DeriveKey(z, "A256GCM"u8, "a"u8, default),
            ConcatKdf.DeriveKey(z, "A256GCM"u8, default, "a"u8),
            ConcatKdf.DeriveKey([.. z[..31], 1], "A256GCM"u8, default, default),
        };
        Assert.Equal(5, keys.Select(Convert.ToHexString).Distinct().Count());
    }

    private static ECDiffieHellman Key(string x, string y, string d) => ECDiffieHellman.Create(new ECParameters
    {
        Curve = ECCurve.NamedCurves.nistP256,
        Q = new ECPoint { X = Base64Url.DecodeFromChars(x), Y = Base64Url.DecodeFromChars(y) },
        D = Base64Url.DecodeFromChars(d),
    });
}
