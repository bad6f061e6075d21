using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Pairing.Domain;
using ServiceDefaults.Jose;

namespace Pairing.Tests.Domain;

/// <summary>Contract §3.2, with its vector both ways.</summary>
public sealed class ProofSignatureTests
{
    private const string Nonce = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
    private const string OverText = "6_03rC7FFv-QcBFy7NQ8uxI9mhXCgpsJExC80LDdOMM7CGoK_bPZn_FkyzMnK8NZdhMDfatHqme_rOiB8R_HaA";
    private const string OverBytes = "0xM1RAFzEsyXE1Ksx6PU9GnW65Vl7_xIOBQABhgCtV5sL1nNvwiMPB7_gRs8-ljAmC2fBhX17aiV4oVicZLXVA";
    private static readonly byte[] Order = Convert.FromHexString("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551");

    private static ECDsa CreateKey() => DevicePublicKey.Parse(
        "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEcNStVQRnv4O+o0d4kLvgCqT+ocEtJyVOMcmu+NnS+4yBO3h3ElVK6RAICtO5Oqe9iqD6zJlsX8XBuztUuJmYnA==")!.CreateVerifier();

    [Theory]
    [InlineData(OverText)]
    [InlineData(OverText + "==")]
    public void Proves_VectorOverTheNonceText_IsAccepted(string signature)
    {
        using var key = CreateKey();
        Assert.True(ProofSignature.Parse(signature)!.Proves(Nonce, key));
    }

    [Fact]
    public void Proves_VectorOverTheDecodedBytes_IsRefused()
    {
        using var key = CreateKey();
        Assert.False(ProofSignature.Parse(OverBytes)!.Proves(Nonce, key));
    }

    [Fact]
    public void Proves_HighS_IsAccepted()
    {
        using var key = CreateKey();
        var signature = Base64Url.DecodeFromChars(OverText);
        var s = new System.Numerics.BigInteger(signature.AsSpan(32), isUnsigned: true, isBigEndian: true);
        P256.ToFieldBytes(P256.Order - s).CopyTo(signature, 32);

        Assert.True(ProofSignature.Parse(Base64Url.EncodeToString(signature))!.Proves(Nonce, key));
    }

    [Fact]
    public void Proves_RandomSignature_IsAccepted()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        for (var i = 0; i < 50; i++)
        {
            var signature = Base64Url.EncodeToString(key.SignData(Encoding.ASCII.GetBytes(Nonce), HashAlgorithmName.SHA256));
            Assert.True(ProofSignature.Parse(signature)!.Proves(Nonce, key));
        }
    }

    public static TheoryData<string, byte[]> OutOfRange()
    {
        var good = Base64Url.DecodeFromChars(OverText);
        return new()
        {
            { "r = 0", [.. new byte[32], .. good[32..]] },
            { "s = 0", [.. good[..32], .. new byte[32]] },
            { "both 0", new byte[64] },
            { "r = n", [.. Order, .. good[32..]] },
            { "s = n", [.. good[..32], .. Order] },
            { "all ones", [.. Enumerable.Repeat((byte)0xff, 64)] },
            { "swapped", [.. good[32..], .. good[..32]] },
        };
    }

    [Theory]
    [MemberData(nameof(OutOfRange))]
    public void Proves_WrongNumbers_IsRefused(string what, byte[] signature)
    {
        using var key = CreateKey();
        Assert.False(ProofSignature.Parse(Base64Url.EncodeToString(signature))!.Proves(Nonce, key), what);
    }

    [Fact]
    public void Proves_NothingIsAppendedToTheNonce()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var signature = Base64Url.EncodeToString(key.SignData(Encoding.ASCII.GetBytes(Nonce + "\n"), HashAlgorithmName.SHA256));
        Assert.False(ProofSignature.Parse(signature)!.Proves(Nonce, key));
    }

    public static TheoryData<string> Malformed { get; } =
    [
        "",
        "AA",
        OverText[..85],
        OverText + "=",
        OverText + "===",
        OverText + "A",
        OverText + "\n",
        " " + OverText,
        OverText.Replace('_', '/'),
        OverText.Replace('-', '+').Replace('_', '/'),
        OverText[..85] + "b", // stray bits in the last character
        OverText[..85] + "é",
        Base64Url.EncodeToString(new byte[63]),
        Base64Url.EncodeToString(new byte[65]),
        Base64Url.EncodeToString(new byte[71]), // as long as a DER signature
    ];

    [Theory]
    [MemberData(nameof(Malformed))]
    public void Parse_Not64BytesOfBase64Url_IsMalformed(string text) => Assert.Null(ProofSignature.Parse(text));

    [Fact]
    public void Parse_DerSignature_IsMalformed()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var der = key.SignData("x"u8, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence);
        Assert.Null(ProofSignature.Parse(Base64Url.EncodeToString(der)));
    }

    [Fact]
    public void Nonce_Create_Is32RandomBytesInPaddedBase64()
    {
        var nonces = Enumerable.Range(0, 100).Select(_ => Pairing.Domain.Nonce.Create()).ToList();

        Assert.All(nonces, nonce => Assert.Equal(32, Convert.FromBase64String(nonce).Length));
        Assert.All(nonces, nonce => Assert.Equal(44, nonce.Length));
        Assert.Equal(100, nonces.Distinct().Count());
    }
}
