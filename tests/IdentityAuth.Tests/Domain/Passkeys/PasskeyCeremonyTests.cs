using System.Buffers.Text;
using System.Formats.Asn1;
using System.Formats.Cbor;
using System.Numerics;
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
    private static readonly System.Collections.Concurrent.ConcurrentDictionary<int, byte[]> Moduli = new();

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
        { "a sub-domain", new() { Origin = "https://sub.app.example" } },
        { "the parent domain", new() { Origin = "https://example" } },
        { "a slash behind the origin", new() { Origin = "https://app.example/" } },
        { "no origin", new() { Origin = "null" } },
        { "another scheme", new() { Origin = "http://app.example" } },
        { "another port", new() { Origin = "https://app.example:8443" } },
        { "an origin in other case", new() { Origin = "https://APP.example" } },
        { "a frame of another site", new() { CrossOrigin = true } },
        { "another relying party", new() { RpId = "example" } },
        { "a sub-domain as relying party", new() { RpId = "sub.app.example" } },
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

    // The challenge is good once, so it does not matter that (r, n − s) verifies where (r, s) does; another encoding does matter: it is none.
    [Fact]
    public void Verify_Es256InAnotherSpelling_OnlyDerIsASignature()
    {
        var credential = Register();
        var assertion = Assertion();
        var (r, s) = ReadDer(assertion.Signature);
        var order = BigInteger.Parse("115792089210356248762697446949407573529996955224135760342422259061068512044369", System.Globalization.CultureInfo.InvariantCulture);

        Assert.NotNull(Check(WriteDer(r, s)));
        Assert.NotNull(Check(WriteDer(r, order - s)));
        Assert.Null(Check([.. Fixed(r), .. Fixed(s)])); // IEEE P1363
        Assert.Null(Check([.. assertion.Signature, 0])); // something behind it
        Assert.Null(Check(WriteDer(r, s + order)));
        Assert.Null(Check(WriteDer(0, s)));
        Assert.Null(Check(WriteDer(r, 0)));
        Assert.Null(Check(WriteDer(s, r)));

        uint? Check(byte[] signature) => _ceremony.Verify(assertion with { Signature = signature }, Challenge, Known(credential));
    }

    [Fact]
    public void Verify_SignatureOverOtherData_IsRefused()
    {
        var credential = Register();
        var (one, other) = (Assertion(), Assertion(new() { SignCount = 7 }));
        var clientData = JsonSerializer.SerializeToUtf8Bytes(new { type = "webauthn.get", challenge = Challenge, origin = Origin, crossOrigin = false, more = 1 });

        Assert.Null(_ceremony.Verify(one with { AuthenticatorData = other.AuthenticatorData }, Challenge, Known(credential)));
        Assert.Null(_ceremony.Verify(one with { Signature = other.Signature }, Challenge, Known(credential)));
        Assert.Null(_ceremony.Verify(one with { ClientDataJson = clientData }, Challenge, Known(credential)));
        Assert.NotNull(_ceremony.Verify(other, Challenge, Known(credential)));
    }

    [Theory]
    [InlineData(true, true, true)]
    [InlineData(true, true, false)]
    [InlineData(true, false, false)]
    [InlineData(false, false, true)]
    [InlineData(false, false, false)]
    [InlineData(false, true, false)]
    public void Verify_BackupBits_EligibilityStaysAndABackupNeedsIt(bool registeredEligible, bool eligible, bool backedUp)
    {
        var credential = Register(quirks: new() { BackupEligible = registeredEligible });

        var isAccepted = _ceremony.Verify(Assertion(new() { BackupEligible = eligible, BackedUp = backedUp }), Challenge, Known(credential)) is not null;

        Assert.Equal(registeredEligible == eligible && (eligible || !backedUp), isAccepted);
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
                Key((1, 3), (3, -257), (-1, Rsa(2048)), (-2, new byte[] { 3 })), // small exponents
                Key((1, 3), (3, -257), (-1, Rsa(2048)), (-2, new byte[] { 0xff, 0xff })),
                Key((1, 3), (3, -257), (-1, Rsa(2048)), (-2, new byte[] { 1, 0, 0 })), // even
                Key((1, 3), (3, -257), (-1, Rsa(2048)), (-2, new byte[] { 0, 1, 0, 1 })), // a zero in front
                Key((1, 3), (3, -257), (-1, Rsa(2048)), (-2, new byte[] { 1, 0, 0, 0, 1 })), // too long
                Key((1, 3), (3, -257), (-1, With(Rsa(2048), 0, 0x7f)), (-2, new byte[] { 1, 0, 1 })), // 2047 bits
                Key((1, 3), (3, -257), (-1, With(Rsa(2048), 255, 0)), (-2, new byte[] { 1, 0, 1 })), // even
                Key((1, 3), (3, -257), (-1, new byte[513]), (-2, new byte[] { 1, 0, 1 })), // too long
                Key((1, 3), (3, -257), (-1, Rsa(2048))),
                Key((1, 2), (3, -257), (-1, 1), (-2, new byte[32]), (-3, new byte[32])),
                [.. Key((1, 1), (3, -8), (-1, 6), (-2, new byte[32])), 0],
            ],
            key => Assert.Null(TryRegister(quirks: new() { PublicKey = key })));
    }

    // CTAP2 §6 (canonical CBOR): every map in one spelling only, so that two parsers cannot read two keys.
    [Theory]
    [InlineData("an extra label at its place", true)]
    [InlineData("an extra text label", false)]
    [InlineData("a label twice", false)]
    [InlineData("labels in another order", false)]
    [InlineData("a map of indefinite length", false)]
    [InlineData("a string of indefinite length", false)]
    [InlineData("a number longer than needed", false)]
    [InlineData("a tag", false)]
    [InlineData("an end too early", false)]
    [InlineData("an extra byte", false)]
    public void Register_KeyInAnotherSpelling_IsRefused(string spelling, bool isAccepted)
    {
        using var pair = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var (x, y) = (pair.ExportParameters(false).Q.X!, pair.ExportParameters(false).Q.Y!);
        byte[] type = [0x01, 0x02], algorithm = [0x03, 0x26], curve = [0x20, 0x01];
        byte[] xMember = [0x21, 0x58, 0x20, .. x], yMember = [0x22, 0x58, 0x20, .. y];
        byte[] key = spelling switch
        {
            "an extra label at its place" => [0xa6, .. type, .. algorithm, 0x04, 0x81, 0x02, .. curve, .. xMember, .. yMember], // key_ops: [verify]
            "an extra text label" => [0xa6, .. type, .. algorithm, .. curve, .. xMember, .. yMember, 0x61, 0x61, 0x01],
            "a label twice" => [0xa6, .. type, .. algorithm, .. algorithm, .. curve, .. xMember, .. yMember],
            "labels in another order" => [0xa5, .. algorithm, .. type, .. curve, .. xMember, .. yMember],
            "a map of indefinite length" => [0xbf, .. type, .. algorithm, .. curve, .. xMember, .. yMember, 0xff],
            "a string of indefinite length" => [0xa5, .. type, .. algorithm, .. curve, 0x21, 0x5f, 0x58, 0x20, .. x, 0xff, .. yMember],
            "a number longer than needed" => [0xa5, 0x01, 0x18, 0x02, .. algorithm, .. curve, .. xMember, .. yMember],
            "a tag" => [0xc1, 0xa5, .. type, .. algorithm, .. curve, .. xMember, .. yMember],
            "an end too early" => [0xa5, .. type, .. algorithm, .. curve, .. xMember],
            _ => [0xa5, .. type, .. algorithm, .. curve, .. xMember, .. yMember, 0x00],
        };

        Assert.Equal(isAccepted, TryRegister(quirks: new() { PublicKey = key }) is not null);
    }

    [Fact]
    public void Register_AttestationObjectInAnotherSpelling_IsRefused()
    {
        var sound = Base64Url.DecodeFromChars(_authenticator.Create(Options())["response"]!["attestationObject"]!.GetValue<string>());
        var data = sound.AsSpan(sound.AsSpan().IndexOf("authData"u8) + 8).ToArray(); // the byte string with its head
        byte[] format = [0x63, .. "fmt"u8, 0x64, .. "none"u8], statement = [0x67, .. "attStmt"u8, 0xa0], name = [0x68, .. "authData"u8];
        byte[] again = [0xa3, .. format, .. statement, .. name, .. data];
        Assert.Equal(sound, again);

        Assert.All<byte[]>(
            [
                [0xa3, .. statement, .. format, .. name, .. data], // unsorted
                [0xa4, .. format, .. format, .. statement, .. name, .. data], // twice
                [0xbf, .. format, .. statement, .. name, .. data, 0xff], // indefinite
                [0xa2, .. statement, .. name, .. data], // no format
                [0xa2, .. format, .. name, .. data], // no statement
                [0xa2, .. format, .. statement], // no data
                [0xa3, .. format, 0x67, .. "attStmt"u8, 0xa1, 0x61, 0x61, 0x01, .. name, .. data], // a statement with "none"
                [0xa3, .. format, 0x67, .. "attStmt"u8, 0x80, .. name, .. data], // no map
                [0xa3, 0x63, .. "fmt"u8, 0x44, .. "none"u8, .. statement, .. name, .. data], // bytes for text
                [0xa3, .. format, .. statement, 0x68, .. "authData"u8, 0x60], // text for bytes
            ],
            attestation => Assert.Null(TryRegister(quirks: new() { AttestationObject = attestation })));
    }

    [Theory]
    [InlineData(0, false)]
    [InlineData(1, true)]
    [InlineData(1023, true)]
    [InlineData(1024, false)]
    public void Register_CredentialIdOfALength_IsAcceptedOrRefused(int length, bool isAccepted)
    {
        // An empty id is no frame either; so it is beside another one here.
        var quirks = new SoftwareAuthenticator.Quirks { CredentialId = RandomNumberGenerator.GetBytes(length), SentId = length == 0 ? [1] : null };

        Assert.Equal(isAccepted, TryRegister(quirks: quirks) is not null);
    }

    [Fact]
    public void Register_AttestationObjectThatIsNone_IsRefused()
    {
        var sound = Base64Url.DecodeFromChars(_authenticator.Create(Options())["response"]!["attestationObject"]!.GetValue<string>());
        Assert.All<byte[]>([[], [0xa0], [0xff], [0x80], sound[..^1], [.. sound, 0]],
            attestation => Assert.Null(TryRegister(quirks: new() { AttestationObject = attestation })));
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

    private static byte[] With(byte[] bytes, int index, byte value)
    {
        bytes[index] = value;
        return bytes;
    }

    private static byte[] Fixed(BigInteger number)
    {
        var bytes = new byte[32];
        var digits = number.ToByteArray(isUnsigned: true, isBigEndian: true);
        digits.CopyTo(bytes, bytes.Length - digits.Length);
        return bytes;
    }

    private static (BigInteger R, BigInteger S) ReadDer(byte[] signature)
    {
        var sequence = new AsnReader(signature, AsnEncodingRules.DER).ReadSequence();
        return (sequence.ReadInteger(), sequence.ReadInteger());
    }

    private static byte[] WriteDer(BigInteger r, BigInteger s)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            writer.WriteInteger(r);
            writer.WriteInteger(s);
        }

        return writer.Encode();
    }

    // One key of each size is as good as another, and takes a while to find.
    private static byte[] Rsa(int bits) => [.. Moduli.GetOrAdd(bits, static bits =>
    {
        using var key = RSA.Create(bits);
        return key.ExportParameters(false).Modulus!;
    })];

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
