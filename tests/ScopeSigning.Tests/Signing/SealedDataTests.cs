using System.Security.Cryptography;
using Microsoft.Extensions.Options;
using ScopeSigning.Signing;

namespace ScopeSigning.Tests.Signing;

public sealed class SealedDataTests
{
    private readonly SealedData data = With('k');

    [Fact]
    public void Open_AsSealed_GivesTheText()
        => Assert.Equal("text", data.OpenText(data.Seal("text", SealedKind.JobValue, "1"), SealedKind.JobValue, "1"));

    [Fact]
    public void Open_AnotherPlaceKindOrKey_Fails()
    {
        var box = data.Seal("text", SealedKind.JobValue, "1");

        Assert.ThrowsAny<CryptographicException>(() => data.Open(box, SealedKind.JobValue, "2"));
        Assert.ThrowsAny<CryptographicException>(() => data.Open(box, SealedKind.JobToken, "1"));
        Assert.ThrowsAny<CryptographicException>(() => With('x').Open(box, SealedKind.JobValue, "1"));
        Assert.ThrowsAny<CryptographicException>(() => data.Open(box.AsSpan(0, 10), SealedKind.JobValue, "1"));
    }

    [Fact]
    public void Open_AnyBitChanged_Fails()
    {
        var box = data.Seal("text", SealedKind.JobValue, "1");
        for (var bit = 0; bit < box.Length * 8; bit++)
        {
            var changed = (byte[])box.Clone();
            changed[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.ThrowsAny<CryptographicException>(() => data.Open(changed, SealedKind.JobValue, "1"));
        }
    }

    [Fact]
    public void Seal_SameTextTwice_LooksDifferent()
        => Assert.NotEqual(data.Seal("text", SealedKind.JobValue, "1"), data.Seal("text", SealedKind.JobValue, "1"));

    private static SealedData With(char key)
        => new(Options.Create(new ScopeSigningOptions { Issuer = new IssuerOptions { KeyEncryptionKey = new string(key, 43) } }));
}
