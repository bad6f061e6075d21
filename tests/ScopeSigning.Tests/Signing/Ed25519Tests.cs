using System.Text;
using ScopeSigning.Signing;
using ScopeSigning.Tests.Support;

namespace ScopeSigning.Tests.Signing;

public sealed class Ed25519Tests
{
    /// <summary>RFC 8032 §7.1: secret key, public key, message, signature.</summary>
    public static TheoryData<string, string, string, string> Rfc8032 => new()
    {
        {
            "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60", "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"
        },
        {
            "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb", "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
        },
        {
            "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7", "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
            "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"
        },
        {
            "833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42", "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
            "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
            "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b58909351fc9ac90b3ecfdfbc7c66431e0303dca179c138ac17ad9bef1177331a704"
        },
    };

    [Theory]
    [MemberData(nameof(Rfc8032))]
    public void SignAndVerify_Rfc8032Vectors_Agree(string seed, string publicKey, string message, string signature)
    {
        var (key, text) = (Convert.FromHexString(seed), Convert.FromHexString(message));

        Assert.Equal(publicKey, Convert.ToHexStringLower(Ed25519.PublicKeyOf(key)));
        Assert.Equal(signature, Convert.ToHexStringLower(Ed25519.Sign(key, text)));
        Assert.True(Ed25519.Verify(Convert.FromHexString(publicKey), text, Convert.FromHexString(signature)));
        Assert.False(Ed25519.Verify(Convert.FromHexString(publicKey), [.. text, 0], Convert.FromHexString(signature)));
    }

    [Fact]
    public void Sign_Rfc8037AppendixA4_GivesItsJws()
    {
        const string Input = "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc";

        var signature = ScopeSigning.Domain.Base64UrlText.Encode(Identity.OfRfc8037.Signature(Input));

        Assert.Equal("hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg", signature);
        Assert.True(Ed25519.Verify(Identity.OfRfc8037.PublicKey, Encoding.ASCII.GetBytes(Input), Identity.Decode(signature)));
    }

    [Fact]
    public void Thumbprint_Rfc8037AppendixA3_IsItsThumbprint()
        => Assert.Equal("kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k", JwkThumbprint.Of(Identity.OfRfc8037.PublicKey));

    [Fact]
    public void Nonce_OfTheWorkedToken_IsTheHashOfItsSigningInput()
    {
        var token = Identity.OfRfc8037.Sign("""{"alg":"EdDSA","typ":"JWT"}""", """{"sub":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo","devtoken":"dev-1"}""");
        var verifier = new ScopeSigning.Domain.SelfSignedTokenVerifier(
            new ScopeSigning.Domain.IssuerIdentity(ScopeSigningHost.BaseUrl, ScopeSigningHost.Issuer), TimeProvider.System);

        Assert.False(verifier.Verify(token, ScopeSigning.Domain.AuthentiqIdProfile.Register).IsRefused(out _, out var verified));
        Assert.Equal("2qcKbZhSLzza36dUHC-WfoDBMLKmLWgg6yKptB6dW-A", verified.Nonce);
    }
}
