using System.Buffers.Text;
using System.Formats.Cbor;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using IdentityAuth.Domain.Passkeys;
using IdentitySimulator;

namespace IdentityAuth.Tests.Domain.Passkeys;

/// <summary>The checks of WebAuthn Level 3 §7.1 and §7.2, each by a client that does one thing wrong.</summary>
public sealed class PasskeyCeremonyTests : IDisposable
{
    private const string Origin = "https://app.example";
    private const string RpId = "app.example";
    private const string Challenge = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";

    private readonly SoftwareAuthenticator _authenticator = new(Origin, RpId);
    private readonly PasskeyCeremony _ceremony = new(RpId, [Origin, "https://other.example"]);

    public static TheoryData<string, SoftwareAuthenticator.Quirks> SharedFaults => new()
    {
        { "another challenge", new() { Challenge = "BBECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8" } },
        { "a padded challenge", new() { Challenge = Challenge + "=" } },
        { "an empty challenge", new() { Challenge = "" } },
        { "a foreign origin", new() { Origin = "https://app.example.evil.example" } },
        { "another scheme", new() { Origin = "http://app.example" } },
        { "another port", new() { Origin = "https://app.example:8443" } },
        { "an origin in other case", new() { Origin = "https://APP.example" } },
        { "a frame of another site", new() { CrossOrigin = true } },
        { "another relying party", new() { RpId = "example" } },
        { "nobody present", new() { UserPresent = false } },
        { "nobody verified", new() { UserVerified = false } },
        { "a backup of what cannot be backed up", new() { BackedUp = true } },
        { "bytes behind the authenticator data", new() { Trailing = [0] } },
        { "another credential's id", new() { SentId = new byte[32] } },
    };

    public void Dispose() => _authenticator.Dispose();

    [Theory]
    [InlineData(SoftwareAuthenticator.Es256)]
    [InlineData(SoftwareAuthenticator.EdDsa)]
    [InlineData(SoftwareAuthenticator.Rs256)]
    public void Verify_WhatItRegistered_IsAccepted(int algorithm)
    {
        var credential = Register(algorithm);

        Assert.Equal(0u, _ceremony.Verify(Assertion(), Challenge, Known(credential)));
        Assert.Equal(algorithm, CoseKey.TryRead(credential.PublicKey)!.AlgorithmId);
    }

    [Fact]
    public void Register_SecondAllowedOriginAndBackup_IsAccepted()
    {
        var credential = Register(quirks: new() { Origin = "https://other.example", BackupEligible = true, BackedUp = true });

        Assert.True(credential.BackupEligible);
        Assert.Equal(0u, _ceremony.Verify(Assertion(new() { BackupEligible = true }), Challenge, Known(credential)));
    }

    [Theory]
    [MemberData(nameof(SharedFaults))]
    public void Register_OneThingWrong_IsRefused(string fault, SoftwareAuthenticator.Quirks quirks)
    {
        Assert.NotEmpty(fault);
        Assert.Null(TryRegister(quirks: quirks));
    }

    [Theory]
    [MemberData(nameof(SharedFaults))]
    public void Verify_OneThingWrong_IsRefused(string fault, SoftwareAuthenticator.Quirks quirks)
    {
        Assert.NotEmpty(fault);
        var credential = Register();

        // Of the id the service decides which credential it is; the signature is what holds here.
        var isAboutTheId = quirks.SentId is not null;
        Assert.Equal(isAboutTheId ? 0u : null, _ceremony.Verify(Assertion(quirks), Challenge, Known(credential)));
    }

    [Fact]
    public void Register_TypeOfAnAssertion_IsRefused() => Assert.Null(TryRegister(quirks: new() { Type = "webauthn.get" }));

    [Fact]
    public void Verify_TypeOfARegistration_IsRefused()
        => Assert.Null(_ceremony.Verify(Assertion(new() { Type = "webauthn.create" }, Register()), Challenge, Known(Register())));

    [Theory]
    [InlineData(SoftwareAuthenticator.Es256)]
    [InlineData(SoftwareAuthenticator.EdDsa)]
    [InlineData(SoftwareAuthenticator.Rs256)]
    public void Verify_BrokenSignature_IsRefused(int algorithm)
    {
        var credential = Register(algorithm);

        Assert.Null(_ceremony.Verify(Assertion(new() { BreakSignature = true }), Challenge, Known(credential)));
    }

    [Theory]
    [InlineData(SoftwareAuthenticator.Es256)]
    [InlineData(SoftwareAuthenticator.EdDsa)]
    [InlineData(SoftwareAuthenticator.Rs256)]
    public void Verify_SignatureThatIsNone_IsRefused(int algorithm)
    {
        var credential = Register(algorithm);

        Assert.All<byte[]>([[], [0], new byte[64], new byte[256], new byte[10_000]], signature
            => Assert.Null(_ceremony.Verify(Assertion() with { Signature = signature }, Challenge, Known(credential))));
    }

    [Fact]
    public void Verify_AnotherCredentialsKey_IsRefused()
    {
        var first = Register();
        Register();

        Assert.Null(_ceremony.Verify(Assertion(), Challenge, Known(first)));
    }

    [Theory]
    [InlineData(0u, 0u, true)] // does not count
    [InlineData(0u, 1u, true)]
    [InlineData(5u, 6u, true)]
    [InlineData(5u, 5u, false)]
    [InlineData(5u, 4u, false)]
    [InlineData(5u, 0u, false)]
    [InlineData(uint.MaxValue, 0u, false)]
    public void Verify_Counter_HasToGrow(uint stored, uint received, bool accepted)
    {
        var credential = Register();

        var result = _ceremony.Verify(Assertion(new() { SignCount = received }), Challenge, Known(credential) with { SignCount = stored });

        Assert.Equal(accepted ? received : null, result);
    }

    [Fact]
    public void Verify_BackupEligibilityChanged_IsRefused()
    {
        var credential = Register();

        Assert.Null(_ceremony.Verify(Assertion(new() { BackupEligible = true }), Challenge, Known(credential)));
    }

    [Fact]
    public void Register_KeyOfAnotherKind_IsRefused()
    {
        Assert.All<byte[]>(
            [
                [],
                [0xa0],
                Key((1, 2), (3, -35), (-1, 2), (-2, new byte[48]), (-3, new byte[48])), // ES384 was not offered
                Key((1, 2), (3, -7), (-1, 1), (-2, new byte[32]), (-3, new byte[32])), // no point of the curve
                Key((1, 2), (3, -7), (-1, 1), (-2, new byte[32])), // no y
                Key((1, 2), (3, -7), (-1, 2), (-2, new byte[32]), (-3, new byte[32])), // another curve
                Key((1, 2), (3, -8), (-1, 1), (-2, new byte[32]), (-3, new byte[32])), // algorithm and type differ
                Key((1, 1), (3, -8), (-1, 6), (-2, new byte[32])), // small order: verifies anything
                Key((1, 1), (3, -8), (-1, 6), (-2, Enumerable.Repeat((byte)0xff, 32).ToArray())), // not canonical
                Key((1, 1), (3, -8), (-1, 6), (-2, new byte[31])),
                Key((1, 3), (3, -257), (-1, Rsa(1024)), (-2, new byte[] { 1, 0, 1 })), // too short
                Key((1, 3), (3, -257), (-1, Rsa(2048)), (-2, new byte[] { 1 })), // exponent 1
                Key((1, 3), (3, -257), (-1, Rsa(2048))),
                [.. Key((1, 1), (3, -8), (-1, 6), (-2, new byte[32])), 0],
            ],
            key => Assert.Null(TryRegister(quirks: new() { PublicKey = key })));
    }

    [Fact]
    public void Register_AttestationObjectThatIsNone_IsRefused()
    {
        var sound = Base64Url.DecodeFromChars(_authenticator.Create(Options())["response"]!["attestationObject"]!.GetValue<string>());
        Assert.All<byte[]>([[], [0xa0], [0xff], [0x80], sound[..^1], [.. sound, 0]],
            attestation => Assert.Null(TryRegister(quirks: new() { AttestationObject = attestation })));
    }

    [Fact]
    public void Register_LongestCredentialId_IsAcceptedAndOneLongerIsRefused()
    {
        Assert.Equal(1023, TryRegister(quirks: new() { CredentialId = RandomNumberGenerator.GetBytes(1023) })!.Id.Length);
        Assert.Null(TryRegister(quirks: new() { CredentialId = RandomNumberGenerator.GetBytes(1024) }));
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("{")]
    [InlineData("""{"type":"webauthn.get","challenge":"C","origin":"O","type":"webauthn.get"}""")]
    [InlineData("""{"type":1,"challenge":"C","origin":"O"}""")]
    [InlineData("""{"type":"webauthn.get","origin":"O"}""")]
    [InlineData("""{"type":"webauthn.get","challenge":"\ud800","origin":"O"}""")]
    public void Verify_ClientDataThatIsNone_IsRefused(string json)
    {
        var credential = Register();

        Assert.Null(_ceremony.Verify(Assertion() with { ClientDataJson = Encoding.UTF8.GetBytes(json) }, Challenge, Known(credential)));
    }

    [Fact]
    public void Verify_TopOrigin_IsRefused()
    {
        var credential = Register();
        var json = JsonSerializer.Serialize(new { type = "webauthn.get", challenge = Challenge, origin = Origin, topOrigin = Origin });

        Assert.Null(_ceremony.Verify(Assertion() with { ClientDataJson = Encoding.UTF8.GetBytes(json) }, Challenge, Known(credential)));
    }

    [Theory]
    [InlineData("id")]
    [InlineData("rawId")]
    [InlineData("type")]
    [InlineData("response")]
    public void TryRead_MemberOfTheFrameMissingOrWrong_IsRefused(string name)
    {
        Register();
        Assert.All<JsonNode?>([null, 1, "", "!", new JsonObject(), "\ud800"], value =>
        {
            var json = _authenticator.Get(Options());
            json[name] = value?.DeepClone();
            Assert.Null(AssertionResponse.TryRead(Read(json)));
        });
    }

    [Theory]
    [InlineData("clientDataJSON")]
    [InlineData("authenticatorData")]
    [InlineData("signature")]
    public void TryRead_MemberOfTheResponseMissingOrWrong_IsRefused(string name)
    {
        Register();
        Assert.All<JsonNode?>([null, 1, "a b", "ab==", "+/+/"], value =>
        {
            var json = _authenticator.Get(Options());
            json["response"]![name] = value?.DeepClone();
            Assert.Null(AssertionResponse.TryRead(Read(json)));
        });
    }

    private NewCredential Register(int algorithm = SoftwareAuthenticator.Es256, SoftwareAuthenticator.Quirks? quirks = null)
        => TryRegister(algorithm, quirks) ?? throw new InvalidOperationException("The registration was refused.");

    private NewCredential? TryRegister(int algorithm = SoftwareAuthenticator.Es256, SoftwareAuthenticator.Quirks? quirks = null)
        => _ceremony.Register(AttestationResponse.TryRead(Read(_authenticator.Create(Options(), algorithm, quirks)))!, Challenge);

    private AssertionResponse Assertion(SoftwareAuthenticator.Quirks? quirks = null, NewCredential? registered = null)
    {
        _ = registered;
        return AssertionResponse.TryRead(Read(_authenticator.Get(Options(), quirks)))!;
    }

    private static KnownCredential Known(NewCredential credential) => new(credential.PublicKey, credential.SignCount, credential.BackupEligible);

    private static JsonElement Options()
        => JsonSerializer.SerializeToElement(new { challenge = Challenge, user = new { id = Base64Url.EncodeToString("1234"u8) } });

    private static JsonElement Read(JsonObject json) => JsonDocument.Parse(json.ToJsonString()).RootElement;

    private static byte[] Rsa(int bits)
    {
        using var key = RSA.Create(bits);
        return key.ExportParameters(false).Modulus!;
    }

    private static byte[] Key(params (int Label, object Value)[] members)
    {
        var writer = new CborWriter(CborConformanceMode.Ctap2Canonical);
        writer.WriteStartMap(members.Length);
        foreach (var (label, value) in members)
        {
            writer.WriteInt32(label);
            if (value is byte[] bytes)
            {
                writer.WriteByteString(bytes);
            }
            else
            {
                writer.WriteInt32((int)value);
            }
        }

        writer.WriteEndMap();
        return writer.Encode();
    }
}
