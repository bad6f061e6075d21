using System.Security.Cryptography;
using System.Text;
using Pairing.Domain;

namespace Pairing.Tests.Domain;

public sealed class DataSealerTests
{
    private const string Secret = "data-one-0123456789-0123456789-0123456789-012";
    private const string Newer = "data-two-0123456789-0123456789-0123456789-012";
    private static readonly Guid Row = Guid.NewGuid();
    private static readonly byte[] Value = Encoding.UTF8.GetBytes("a value that must not be readable");

    [Fact]
    public void Seal_OpensAgain_AndHidesTheValue()
    {
        var sealer = new DataSealer(Secret, null);
        var text = sealer.Seal(Value, SealPurpose.PushToken, Row);

        Assert.Equal(Value, sealer.Open(text, SealPurpose.PushToken, Row));
        Assert.True(text.AsSpan().IndexOf(Value.AsSpan(0, 8)) < 0);
        Assert.NotEqual(text, sealer.Seal(Value, SealPurpose.PushToken, Row));
    }

    [Fact]
    public void Open_AfterARotation_ReadsBothKeys()
    {
        var old = new DataSealer(Secret, null).Seal(Value, SealPurpose.Measurement, Row);
        var rotated = new DataSealer(Newer, Secret);

        Assert.Equal(Value, rotated.Open(old, SealPurpose.Measurement, Row));
        Assert.Equal(Value, rotated.Open(rotated.Seal(Value, SealPurpose.Measurement, Row), SealPurpose.Measurement, Row));
        Assert.Throws<CryptographicException>(() => new DataSealer(Newer, null).Open(old, SealPurpose.Measurement, Row));
    }

    [Fact]
    public void Open_MovedOrChanged_IsRefused()
    {
        var sealer = new DataSealer(Secret, null);
        var text = sealer.Seal(Value, SealPurpose.PushToken, Row);

        Assert.ThrowsAny<CryptographicException>(() => sealer.Open(text, SealPurpose.Measurement, Row));
        Assert.ThrowsAny<CryptographicException>(() => sealer.Open(text, SealPurpose.PushToken, Guid.NewGuid()));
        Assert.ThrowsAny<CryptographicException>(() => sealer.Open(text.AsSpan(0, 20), SealPurpose.PushToken, Row));
        for (var i = 0; i < text.Length; i++)
        {
            var changed = text.ToArray();
            changed[i] ^= 1;
            Assert.ThrowsAny<CryptographicException>(() => sealer.Open(changed, SealPurpose.PushToken, Row));
        }
    }
}
