using System.Text.Json;
using Pairing.Contracts.V1;

namespace Contracts.Tests;

/// <summary>
/// Pins what is on the wire: consumers bind to namespace and name, and read these members. A test that fails here says that a
/// message already queued, or an older consumer, would be lost: make a V2 beside it instead.
/// </summary>
public sealed class PairingContractTests
{
    private const string Ids = "\"tenantId\":\"0b0f1cf7-5c62-4c28-9a2e-0d6fb0a5a001\",\"userId\":\"0b0f1cf7-5c62-4c28-9a2e-0d6fb0a5a002\"";
    private const string Jti = Ids + ",\"jti\":\"0b0f1cf7-5c62-4c28-9a2e-0d6fb0a5a003\"";
    private const string At = "\"occurredAt\":\"2026-01-01T00:00:00+00:00\"";

    /// <summary>Message name and a sample, member by member.</summary>
    public static TheoryData<Type, string, string> Samples => new()
    {
        { typeof(PairingCreated), "Pairing.Contracts.V1:PairingCreated", $$"""{{{Jti}},"reason":"created","expiresAt":"2026-01-01T00:02:00+00:00",{{At}}}""" },
        { typeof(PairingInitialized), "Pairing.Contracts.V1:PairingInitialized", $$"""{{{Jti}},{{At}}}""" },
        { typeof(PairingDenied), "Pairing.Contracts.V1:PairingDenied", $$"""{{{Jti}},"reason":"superseded",{{At}}}""" },
        { typeof(PairingExpired), "Pairing.Contracts.V1:PairingExpired", $$"""{{{Jti}},{{At}}}""" },
        { typeof(PublicKeyReused), "Pairing.Contracts.V1:PublicKeyReused", $$"""{{{Jti}},"publicKeyThumbprint":"t","otherUsers":1,{{At}}}""" },
        { typeof(DevicePaired), "Pairing.Contracts.V1:DevicePaired", $$"""{{{Jti}},"deviceReference":"pairing:1","deviceId":"android:1","displayName":"Phone","platform":"ANDROID","publicKey":"k","publicKeyThumbprint":"t","hasPushToken":true,{{At}}}""" },
        { typeof(DeviceUnpaired), "Pairing.Contracts.V1:DeviceUnpaired", $$"""{{{Ids}},"deviceReference":"pairing:1","deviceId":"android:1","publicKeyThumbprint":"t",{{At}}}""" },
    };

    [Theory]
    [MemberData(nameof(Samples))]
    public void Event_Name_IsPinned(Type type, string name, string sample)
    {
        Assert.NotEmpty(sample);
        Assert.Equal(name, $"{type.Namespace}:{type.Name}");
    }

    [Theory]
    [MemberData(nameof(Samples))]
    public void Event_Sample_ReadsAndWritesTheSame(Type type, string name, string sample)
    {
        Assert.NotEmpty(name);
        var message = JsonSerializer.Deserialize(sample, type, JsonSerializerOptions.Web);

        Assert.Equal(sample, JsonSerializer.Serialize(message, type, JsonSerializerOptions.Web));
    }

    [Fact]
    public void Event_EveryOne_HasASample()
        => Assert.Equal(
            typeof(DevicePaired).Assembly.GetExportedTypes().Select(type => type.Name).Order(),
            Samples.Select(row => row.Data.Item1.Name).Order());
}
