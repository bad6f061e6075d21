using System.Formats.Cbor;

namespace IdentityAuth.Domain.Passkeys;

/// <summary>
/// The envelope of a new credential (WebAuthn Level 3 §6.5.4). Attestation is not asked for (<c>none</c>), so a statement that comes
/// nevertheless is not evaluated: nobody is trusted more for it.
/// </summary>
internal static class AttestationObject
{
    private const string NoAttestation = "none";

    /// <summary>The authenticator data in it; <see langword="null"/> if it is malformed.</summary>
    public static ReadOnlyMemory<byte>? TryReadAuthenticatorData(ReadOnlyMemory<byte> cbor)
    {
        try
        {
            var reader = new CborReader(cbor, CborConformanceMode.Ctap2Canonical);
            string? format = null;
            int? statementMembers = null;
            byte[]? data = null;
            reader.ReadStartMap();
            while (reader.PeekState() != CborReaderState.EndMap)
            {
                switch (reader.ReadTextString())
                {
                    case "fmt":
                        format = reader.ReadTextString();
                        break;
                    case "attStmt":
                        statementMembers = SkipMap(reader);
                        break;
                    case "authData":
                        data = reader.ReadByteString();
                        break;
                    default:
                        reader.SkipValue();
                        break;
                }
            }

            reader.ReadEndMap();
            var isWellFormed = reader.BytesRemaining == 0
                && format is { Length: > 0 }
                && statementMembers is { } members
                && (format != NoAttestation || members == 0);
            return isWellFormed && data is not null ? data : (ReadOnlyMemory<byte>?)null;
        }
        catch (Exception exception) when (exception is CborContentException or InvalidOperationException)
        {
            return null;
        }
    }

    private static int SkipMap(CborReader reader)
    {
        var members = 0;
        reader.ReadStartMap();
        while (reader.PeekState() != CborReaderState.EndMap)
        {
            reader.SkipValue();
            reader.SkipValue();
            members++;
        }

        reader.ReadEndMap();
        return members;
    }
}
