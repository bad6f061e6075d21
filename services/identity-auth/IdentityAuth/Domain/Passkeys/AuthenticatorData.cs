using System.Buffers.Binary;
using System.Formats.Cbor;

namespace IdentityAuth.Domain.Passkeys;

/// <summary>What an authenticator says about itself and the ceremony (WebAuthn Level 3 §6.1).</summary>
internal sealed record AuthenticatorData
{
    private const int RpIdHashBytes = 32;
    private const int HeaderBytes = RpIdHashBytes + 1 + 4;
    private const int AaguidBytes = 16;

    /// <summary>§4, credential id: at most 1023 bytes.</summary>
    private const int MaximumCredentialIdBytes = 1023;

    [Flags]
    private enum Bits : byte
    {
        UserPresent = 1 << 0,
        UserVerified = 1 << 2,
        BackupEligible = 1 << 3,
        BackedUp = 1 << 4,
        AttestedCredential = 1 << 6,
        Extensions = 1 << 7,
    }

    /// <summary>SHA-256 of the relying party's id.</summary>
    public required ReadOnlyMemory<byte> RpIdHash { get; init; }

    public required bool UserPresent { get; init; }

    public required bool UserVerified { get; init; }

    /// <summary>The credential may be copied to other devices. Never changes.</summary>
    public required bool BackupEligible { get; init; }

    public required bool BackedUp { get; init; }

    /// <summary>0 from authenticators that do not count.</summary>
    public required uint SignCount { get; init; }

    /// <summary>Only in a registration: the new credential's id.</summary>
    public ReadOnlyMemory<byte>? CredentialId { get; init; }

    /// <summary>Only in a registration: the new credential's COSE_Key.</summary>
    public ReadOnlyMemory<byte> PublicKey { get; init; }

    /// <summary>Reads it; <see langword="null"/> if it is malformed or something follows it.</summary>
    public static AuthenticatorData? TryRead(ReadOnlyMemory<byte> data)
    {
        if (data.Length < HeaderBytes)
        {
            return null;
        }

        var bits = (Bits)data.Span[RpIdHashBytes];
        var rest = data[HeaderBytes..];
        ReadOnlyMemory<byte>? credentialId = null;
        ReadOnlyMemory<byte> publicKey = default;
        try
        {
            if (bits.HasFlag(Bits.AttestedCredential))
            {
                if (rest.Length < AaguidBytes + 2)
                {
                    return null;
                }

                int length = BinaryPrimitives.ReadUInt16BigEndian(rest.Span[AaguidBytes..]);
                rest = rest[(AaguidBytes + 2)..];
                if (length is 0 or > MaximumCredentialIdBytes || rest.Length < length)
                {
                    return null;
                }

                credentialId = rest[..length];
                (publicKey, rest) = SplitValue(rest[length..]);
            }

            if (bits.HasFlag(Bits.Extensions))
            {
                (_, rest) = SplitValue(rest);
            }
        }
        catch (Exception exception) when (exception is CborContentException or InvalidOperationException)
        {
            return null;
        }

        return rest.Length > 0 ? null : new AuthenticatorData
        {
            RpIdHash = data[..RpIdHashBytes],
            UserPresent = bits.HasFlag(Bits.UserPresent),
            UserVerified = bits.HasFlag(Bits.UserVerified),
            BackupEligible = bits.HasFlag(Bits.BackupEligible),
            BackedUp = bits.HasFlag(Bits.BackedUp),
            SignCount = BinaryPrimitives.ReadUInt32BigEndian(data.Span[(RpIdHashBytes + 1)..]),
            CredentialId = credentialId,
            PublicKey = publicKey,
        };
    }

    /// <summary>Splits off the CBOR map at the front.</summary>
    private static (ReadOnlyMemory<byte> Value, ReadOnlyMemory<byte> Tail) SplitValue(ReadOnlyMemory<byte> data)
    {
        var reader = new CborReader(data, CborConformanceMode.Ctap2Canonical, allowMultipleRootLevelValues: true);
        if (reader.PeekState() != CborReaderState.StartMap)
        {
            throw new CborContentException("A map was expected.");
        }

        reader.SkipValue();
        var length = data.Length - reader.BytesRemaining;
        return (data[..length], data[length..]);
    }
}
