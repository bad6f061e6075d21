using System.Security.Cryptography;
using Pairing.Domain;

namespace Pairing.Tests.Domain;

/// <summary>Contract §3.1: which keys are taken, and the one form in which they are kept.</summary>
public sealed class DevicePublicKeyTests
{
    // Contract §3.2.
    private const string Spki = "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEcNStVQRnv4O+o0d4kLvgCqT+ocEtJyVOMcmu+NnS+4yBO3h3ElVK6RAICtO5Oqe9iqD6zJlsX8XBuztUuJmYnA==";

    private const string Canonical = "-----BEGIN PUBLIC KEY-----\nMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEcNStVQRnv4O+o0d4kLvgCqT+ocEt\nJyVOMcmu+NnS+4yBO3h3ElVK6RAICtO5Oqe9iqD6zJlsX8XBuztUuJmYnA==\n-----END PUBLIC KEY-----";

    public static TheoryData<string> Accepted { get; } =
    [
        Canonical,
        Canonical + "\n",
        "\r\n\t " + Canonical + " \r\n",
        Canonical.Replace("\n", "\r\n", StringComparison.Ordinal),
        Canonical.Replace("\n", "", StringComparison.Ordinal),
        Canonical.Replace("PUBLIC KEY", "EC PUBLIC KEY", StringComparison.Ordinal),
        Spki,
        Spki.Insert(1, "\n").Insert(90, "\r\n"),
        "-----BEGIN PUBLIC KEY-----\n" + string.Join('\n', Spki.Chunk(1).Select(c => new string(c))) + "\n-----END PUBLIC KEY-----",
        Canonical + new string(' ', DevicePublicKey.MaximumTextLength - Canonical.Length),
    ];

    [Theory]
    [MemberData(nameof(Accepted))]
    public void Parse_AcceptedSpelling_GivesTheCanonicalKey(string text)
    {
        var key = DevicePublicKey.Parse(text);

        Assert.NotNull(key);
        Assert.Equal(Canonical, key.ToPem());
        Assert.Equal(Convert.FromBase64String(Spki), key.SubjectPublicKeyInfo.ToArray());
        Assert.Equal(SHA256.HashData(Convert.FromBase64String(Spki)), key.Thumbprint.ToBytes());
        Assert.Equal(43, key.Thumbprint.ToString().Length);
        Assert.Equal(122, key.ToBase64Url().Length);
    }

    public static TheoryData<string, string> Refused()
    {
        var der = Convert.FromBase64String(Spki);
        var data = new TheoryData<string, string>
        {
            { "empty", "" },
            { "blank", "  \n" },
            { "text", "hello" },
            { "2049 characters", Canonical + new string(' ', DevicePublicKey.MaximumTextLength - Canonical.Length + 1) },
            { "JWK", """{"kty":"EC","crv":"P-256","x":"cNStVQRnv4O-o0d4kLvgCqT-ocEtJyVOMcmu-NnS-4w","y":"gTt4dxJVSukQCArTuTqnvYqg-syZbF_Fwbs7VLiZmJw"}""" },
            { "raw point", Convert.ToBase64String(der.AsSpan(26)) },
            { "base64url", Spki.Replace('+', '-').Replace('/', '_') },
            { "no padding", Spki.TrimEnd('=') },
            { "blank inside", Spki.Insert(10, " ") },
            { "blank inside PEM", Canonical.Insert(40, " ") },
            { "two blocks", Canonical + "\n" + Canonical },
            { "text before", "key: " + Canonical },
            { "text after", Canonical + "\nbye" },
            { "labels differ", Canonical.Replace("END PUBLIC", "END EC PUBLIC", StringComparison.Ordinal) },
            { "no end", Canonical[..^10] },
            { "certificate label", Canonical.Replace("PUBLIC KEY", "CERTIFICATE", StringComparison.Ordinal) },
            { "private label", Canonical.Replace("PUBLIC KEY", "PRIVATE KEY", StringComparison.Ordinal) },
            { "lower-case label", Canonical.Replace("PUBLIC KEY", "public key", StringComparison.Ordinal) },
            { "trailing DER byte", Convert.ToBase64String([.. der, 0]) },
            { "truncated DER", Convert.ToBase64String(der.AsSpan(0, 90)) },
            { "not on the curve", Convert.ToBase64String([.. der[..90], (byte)(der[90] ^ 1)]) },
            { "x = y = 0", Convert.ToBase64String([.. der[..27], .. new byte[64]]) },
            { "x not reduced", Convert.ToBase64String([.. der[..27], .. Convert.FromHexString("ffffffff00000001000000000000000000000000fffffffffffffffffffffffe"), .. der[59..]]) },
            { "infinity", Convert.ToBase64String([0x30, 0x1A, .. der[2..23], 0x03, 0x02, 0x00, 0x00]) },
            { "compressed", Convert.ToBase64String([0x30, 0x39, .. der[2..23], 0x03, 0x22, 0x00, 0x02, .. der[27..59]]) },
            { "hybrid point", Convert.ToBase64String([.. der[..26], 0x06, .. der[27..]]) },
            { "unused bits", Convert.ToBase64String([.. der[..25], 0x01, .. der[26..]]) },
            { "long-form length", Convert.ToBase64String([0x30, 0x81, 0x59, .. der[2..]]) },
        };

        using var p384 = ECDsa.Create(ECCurve.NamedCurves.nistP384);
        using var p256 = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var k256 = ECDsa.Create(ECCurve.CreateFromFriendlyName("secp256k1"));
        using var rsa = RSA.Create(2048);
        var explicitCurve = p256.ExportExplicitParameters(false);
        using var explicitKey = ECDsa.Create(explicitCurve);
        data.Add("P-384", p384.ExportSubjectPublicKeyInfoPem());
        data.Add("secp256k1", k256.ExportSubjectPublicKeyInfoPem());
        data.Add("RSA", rsa.ExportSubjectPublicKeyInfoPem());
        data.Add("private key", p256.ExportPkcs8PrivateKeyPem());
        data.Add("EC private key", p256.ExportECPrivateKeyPem());
        data.Add("private key under a public label", p256.ExportECPrivateKeyPem().Replace("EC PRIVATE KEY", "EC PUBLIC KEY", StringComparison.Ordinal));
        data.Add("explicit parameters", explicitKey.ExportSubjectPublicKeyInfoPem());
        // RFC 8410 §10.1.
        data.Add("Ed25519", "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=\n-----END PUBLIC KEY-----");
        return data;
    }

    [Theory]
    [MemberData(nameof(Refused))]
    public void Parse_AnythingElse_IsRefused(string what, string text)
        => Assert.True(DevicePublicKey.Parse(text) is null, what);
}
