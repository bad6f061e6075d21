using System.Globalization;
using System.Numerics;
using System.Security.Cryptography;
using System.Text;
using DeviceRegistry.Domain;

namespace DeviceRegistry.Tests.Domain;

/// <summary>Contract §1.5, <c>publicKey</c>.</summary>
public sealed class DevicePublicKeyTests
{
    private const string P256Header = "3059301306072a8648ce3d020106082a8648ce3d030107034200";
    private const string X25519Header = "302a300506032b656e032100";
    private static readonly BigInteger Field = BigInteger.Pow(2, 255) - 19;

    [Fact]
    public void FromBase64_KeysOfTheFramework_AreTaken()
    {
        for (var i = 0; i < 50; i++)
        {
            using var pair = ECDiffieHellman.Create(ECCurve.NamedCurves.nistP256);
            var der = pair.ExportSubjectPublicKeyInfo();
            Assert.Equal(91, der.Length);
            Assert.Equal(der, Parse(der)!.Der);
        }
    }

    [Fact]
    public void FromBase64_OtherCurvesAndForms_Refused()
    {
        using var p384 = ECDiffieHellman.Create(ECCurve.NamedCurves.nistP384);
        using var rsa = RSA.Create(2048);
        Assert.Null(Parse(p384.ExportSubjectPublicKeyInfo()));
        Assert.Null(Parse(rsa.ExportSubjectPublicKeyInfo()));
        using var pair = ECDiffieHellman.Create(ECCurve.NamedCurves.nistP256);
        var der = pair.ExportSubjectPublicKeyInfo();
        Assert.Null(Parse([.. der, 0]));
        Assert.Null(Parse(der[..^1]));
        var q = pair.ExportParameters(false).Q;
        Assert.Null(Parse(Convert.FromHexString($"{P256Header[..2]}39301306072a8648ce3d020106082a8648ce3d030107032200{(q.Y![^1] % 2 == 0 ? "02" : "03")}{Convert.ToHexString(q.X!)}"))); // compressed
    }

    [Fact]
    public void FromBase64_PointsThatAreNone_Refused()
    {
        using var pair = ECDiffieHellman.Create(ECCurve.NamedCurves.nistP256);
        var der = pair.ExportSubjectPublicKeyInfo();
        var off = (byte[])der.Clone();
        off[^1] ^= 1;
        Assert.Null(Parse(off));
        Assert.Null(Parse(Convert.FromHexString(P256Header + "04" + new string('0', 128)))); // what stands for infinity in some libraries
        // x = p has the y of x = 0, written too large.
        Assert.Null(Parse(Convert.FromHexString(P256Header + "04ffffffff00000001000000000000000000000000ffffffffffffffffffffffff66485c780e2f83d72433bd5d84a06bb6541c2af31dae871728bf856a174f93f4")));
        Assert.NotNull(Parse(Convert.FromHexString(P256Header + "04000000000000000000000000000000000000000000000000000000000000000066485c780e2f83d72433bd5d84a06bb6541c2af31dae871728bf856a174f93f4")));
    }

    public static TheoryData<string> LowOrder => new()
    {
        "0", "1",
        "325606250916557431795983626356110631294008115727848805560023387167927233504",
        "39382357235489614581723060781553021112529911719440698176882885853963445705823",
        (Field - 1).ToString(CultureInfo.InvariantCulture),
        Field.ToString(CultureInfo.InvariantCulture),
        (Field + 1).ToString(CultureInfo.InvariantCulture),
    };

    [Theory]
    [MemberData(nameof(LowOrder))]
    public void FromBase64_X25519OfLowOrder_RefusedInEverySpelling(string u)
    {
        var bytes = new byte[32];
        BigInteger.Parse(u, CultureInfo.InvariantCulture).TryWriteBytes(bytes, out _, isUnsigned: true);
        Assert.Null(Parse([.. Convert.FromHexString(X25519Header), .. bytes]));
        bytes[31] |= 0x80; // the bit that is masked (RFC 7748 §5)
        Assert.Null(Parse([.. Convert.FromHexString(X25519Header), .. bytes]));
    }

    [Fact]
    public void FromBase64_X25519BasePoint_IsTaken()
    {
        var bytes = new byte[32];
        bytes[0] = 9;
        Assert.NotNull(Parse([.. Convert.FromHexString(X25519Header), .. bytes]));
    }

    /// <summary>RFC 7748 §5: the highest bit does not count, nor do multiples of the field's order.</summary>
    [Fact]
    public void Sha256_X25519InAnySpelling_IsTheSame()
    {
        byte[] Spelled(BigInteger u)
        {
            var bytes = new byte[32];
            u.TryWriteBytes(bytes, out _, isUnsigned: true);
            return bytes;
        }

        var nine = Sha256(Spelled(9));
        Assert.Equal(nine, Sha256(Spelled(9 + BigInteger.Pow(2, 255))));
        Assert.Equal(nine, Sha256(Spelled(Field + 9)));
        Assert.Equal(SHA256.HashData([.. Convert.FromHexString(X25519Header), .. Spelled(9)]), nine);
        Assert.NotEqual(nine, Sha256(Spelled(10)));

        byte[] Sha256(byte[] u) => Parse([.. Convert.FromHexString(X25519Header), .. u])!.Sha256;
    }

    [Theory]
    [InlineData(" ")]
    [InlineData("\n")]
    public void FromBase64_WhiteSpace_Refused(string white)
    {
        using var pair = ECDiffieHellman.Create(ECCurve.NamedCurves.nistP256);
        var text = Convert.ToBase64String(pair.ExportSubjectPublicKeyInfo());
        Assert.Null(DevicePublicKey.FromBase64(Encoding.ASCII.GetBytes(text + white)));
        Assert.Null(DevicePublicKey.FromBase64(Encoding.ASCII.GetBytes(text.Insert(64, white))));
        Assert.Null(DevicePublicKey.FromBase64(Encoding.ASCII.GetBytes(text.TrimEnd('='))));
        Assert.Null(DevicePublicKey.FromBase64(Encoding.ASCII.GetBytes(text.Replace('+', '-').Replace('/', '_').Replace("M", "-", StringComparison.Ordinal))));
    }

    private static DevicePublicKey? Parse(byte[] der) => DevicePublicKey.FromBase64(Encoding.ASCII.GetBytes(Convert.ToBase64String(der)));
}
