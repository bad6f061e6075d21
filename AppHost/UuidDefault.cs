using System.Security.Cryptography;
using Aspire.Hosting.Publishing;

namespace AppHost;

/// <summary>A generated UUID, version 4.</summary>
internal sealed class UuidDefault : ParameterDefault
{
    public override string GetDefaultValue()
    {
        // RFC 9562 §5.4. (Guid.NewGuid() does not promise a cryptographic source on every system.)
        var bytes = RandomNumberGenerator.GetBytes(16);
        bytes[6] = (byte)((bytes[6] & 0x0F) | 0x40);
        bytes[8] = (byte)((bytes[8] & 0x3F) | 0x80);
        return new Guid(bytes, bigEndian: true).ToString();
    }

    public override void WriteToManifest(ManifestPublishingContext context)
        => throw new NotSupportedException("No manifest names this default.");
}
