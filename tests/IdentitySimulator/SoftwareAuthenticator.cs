using System.Buffers.Binary;
using System.Buffers.Text;
using System.Formats.Cbor;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace IdentitySimulator;

/// <summary>
/// A security key in software (WebAuthn Level 3 §6): does what a browser with an authenticator does with the server's options, or does
/// one thing wrong.
/// </summary>
public sealed class SoftwareAuthenticator(string origin, string rpId) : IDisposable
{
    private readonly List<Credential> _credentials = [];

    /// <summary>Names of the algorithms, by COSE identifier.</summary>
    public const int Es256 = -7;

    public const int EdDsa = -8;

    public const int Rs256 = -257;

    /// <summary>Ids of the credentials it holds.</summary>
    public IReadOnlyList<string> CredentialIds => [.. _credentials.Select(credential => Base64Url.EncodeToString(credential.Id))];

    /// <summary><c>navigator.credentials.create()</c>: makes a credential and returns the <c>response</c> to send.</summary>
    public JsonObject Create(JsonElement options, int algorithm = Es256, Quirks? quirks = null)
    {
        var how = quirks ?? new Quirks();
        var credential = new Credential(algorithm, Base64Url.DecodeFromChars(options.GetProperty("user").GetProperty("id").GetString()), how.CredentialId);
        _credentials.Add(credential);

        var clientData = ClientData(how.Type ?? "webauthn.create", options, how);
        var credentialData = new List<byte>(new byte[16]);
        credentialData.AddRange([(byte)(credential.Id.Length >> 8), (byte)credential.Id.Length]);
        credentialData.AddRange(credential.Id);
        credentialData.AddRange(how.PublicKey ?? credential.PublicKey);
        var authenticatorData = AuthenticatorData(credential, how, attested: true, [.. credentialData, .. how.Trailing]);

        var attestation = new CborWriter(CborConformanceMode.Ctap2Canonical);
        attestation.WriteStartMap(3);
        attestation.WriteTextString("fmt");
        attestation.WriteTextString("none");
        attestation.WriteTextString("attStmt");
        attestation.WriteStartMap(0);
        attestation.WriteEndMap();
        attestation.WriteTextString("authData");
        attestation.WriteByteString(authenticatorData);
        attestation.WriteEndMap();

        return Frame(how.SentId ?? credential.Id, new JsonObject
        {
            ["clientDataJSON"] = Base64Url.EncodeToString(clientData),
            ["attestationObject"] = Base64Url.EncodeToString(how.AttestationObject ?? attestation.Encode()),
            ["transports"] = new JsonArray("internal", "hybrid"),
        });
    }

    /// <summary><c>navigator.credentials.get()</c>: signs with a credential that the options allow and returns the <c>response</c> to send.</summary>
    public JsonObject Get(JsonElement options, Quirks? quirks = null)
    {
        var how = quirks ?? new Quirks();
        var allowed = options.TryGetProperty("allowCredentials", out var list)
            ? list.EnumerateArray().Select(item => item.GetProperty("id").GetString()).ToHashSet(StringComparer.Ordinal)
            : null;
        var credential = _credentials.LastOrDefault(candidate => allowed is null || allowed.Contains(Base64Url.EncodeToString(candidate.Id)))
            ?? _credentials[^1];
        if (how.SignCount is { } count)
        {
            credential.SignCount = count;
        }
        else if (credential.SignCount > 0)
        {
            credential.SignCount++;
        }

        var clientData = ClientData(how.Type ?? "webauthn.get", options, how);
        var authenticatorData = AuthenticatorData(credential, how, attested: false, how.Trailing);
        var signature = credential.Sign([.. authenticatorData, .. SHA256.HashData(clientData)]);
        if (how.BreakSignature)
        {
            signature[^1] ^= 1;
        }

        return Frame(how.SentId ?? credential.Id, new JsonObject
        {
            ["clientDataJSON"] = Base64Url.EncodeToString(clientData),
            ["authenticatorData"] = Base64Url.EncodeToString(authenticatorData),
            ["signature"] = Base64Url.EncodeToString(signature),
            ["userHandle"] = how.OmitUserHandle ? null : Base64Url.EncodeToString(how.UserHandle ?? credential.UserHandle),
        });
    }

    /// <summary>From now on it counts its signatures, beginning after this number.</summary>
    public void CountFrom(uint signCount) => _credentials[^1].SignCount = signCount;

    public void Dispose()
    {
        foreach (var credential in _credentials)
        {
            credential.Dispose();
        }
    }

    private byte[] ClientData(string type, JsonElement options, Quirks how)
    {
        var json = new JsonObject
        {
            ["type"] = type,
            ["challenge"] = how.Challenge ?? options.GetProperty("challenge").GetString(),
            ["origin"] = how.Origin ?? origin,
            ["crossOrigin"] = how.CrossOrigin,
        };
        return Encoding.UTF8.GetBytes(json.ToJsonString());
    }

    private byte[] AuthenticatorData(Credential credential, Quirks how, bool attested, byte[] rest)
    {
        var data = new byte[37 + rest.Length];
        SHA256.HashData(Encoding.UTF8.GetBytes(how.RpId ?? rpId), data);
        data[32] = (byte)((how.UserPresent ? 1 : 0) | (how.UserVerified ? 4 : 0) | (how.BackupEligible ? 8 : 0) | (how.BackedUp ? 16 : 0) | (attested ? 64 : 0));
        BinaryPrimitives.WriteUInt32BigEndian(data.AsSpan(33), credential.SignCount);
        rest.CopyTo(data, 37);
        return data;
    }

    private static JsonObject Frame(byte[] id, JsonObject response) => new()
    {
        ["id"] = Base64Url.EncodeToString(id),
        ["rawId"] = Base64Url.EncodeToString(id),
        ["type"] = "public-key",
        ["authenticatorAttachment"] = "platform",
        ["clientExtensionResults"] = new JsonObject(),
        ["response"] = response,
    };

    /// <summary>What it does differently from a sound authenticator and browser.</summary>
    public sealed record Quirks
    {
        public string? Type { get; init; }

        public string? Challenge { get; init; }

        public string? Origin { get; init; }

        public bool CrossOrigin { get; init; }

        public string? RpId { get; init; }

        public bool UserPresent { get; init; } = true;

        public bool UserVerified { get; init; } = true;

        public bool BackupEligible { get; init; }

        public bool BackedUp { get; init; }

        public uint? SignCount { get; init; }

        public bool BreakSignature { get; init; }

        public byte[]? UserHandle { get; init; }

        public bool OmitUserHandle { get; init; }

        /// <summary>The new credential's id.</summary>
        public byte[]? CredentialId { get; init; }

        /// <summary>The id beside the response, when it is another than the credential's.</summary>
        public byte[]? SentId { get; init; }

        /// <summary>A COSE_Key to register in place of its own.</summary>
        public byte[]? PublicKey { get; init; }

        public byte[]? AttestationObject { get; init; }

        /// <summary>Bytes after the authenticator data.</summary>
        public byte[] Trailing { get; init; } = [];
    }

    private sealed class Credential : IDisposable
    {
        private readonly ECDsa? _ec;
        private readonly RSA? _rsa;
        private readonly byte[] _ed25519 = [];

        public Credential(int algorithm, byte[] userHandle, byte[]? id)
        {
            UserHandle = userHandle;
            Id = id ?? RandomNumberGenerator.GetBytes(32);
            var key = new CborWriter(CborConformanceMode.Ctap2Canonical);
            switch (algorithm)
            {
                case Es256:
                    _ec = ECDsa.Create(ECCurve.NamedCurves.nistP256);
                    var point = _ec.ExportParameters(false).Q;
                    WriteKey(key, (1, 2), (3, Es256), (-1, 1), (-2, point.X!), (-3, point.Y!));
                    break;
                case EdDsa:
                    (_ed25519, var publicKey) = Sodium.CreateKeyPair();
                    WriteKey(key, (1, 1), (3, EdDsa), (-1, 6), (-2, publicKey));
                    break;
                default:
                    _rsa = RSA.Create(2048);
                    var parameters = _rsa.ExportParameters(false);
                    WriteKey(key, (1, 3), (3, Rs256), (-1, parameters.Modulus!), (-2, parameters.Exponent!));
                    break;
            }

            PublicKey = key.Encode();
        }

        public byte[] Id { get; }

        public byte[] UserHandle { get; }

        public byte[] PublicKey { get; }

        public uint SignCount { get; set; }

        public byte[] Sign(byte[] data)
            => _ec is not null ? _ec.SignData(data, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence)
                : _rsa is not null ? _rsa.SignData(data, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)
                : Sodium.Sign(_ed25519, data);

        public void Dispose()
        {
            _ec?.Dispose();
            _rsa?.Dispose();
        }

        private static void WriteKey(CborWriter writer, params (int Label, object Value)[] members)
        {
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
        }
    }
}
