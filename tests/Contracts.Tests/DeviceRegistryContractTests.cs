using System.Text.Json;
using DeviceRegistry.Contracts.V1;

namespace Contracts.Tests;

/// <summary>Pins what device-registry puts on the wire, as <see cref="PairingContractTests"/> does for pairing.</summary>
public sealed class DeviceRegistryContractTests
{
    private const string Group = "\"groupId\":7";
    private const string Device = Group + ",\"deviceId\":\"0b0f1cf7-5c62-4c28-9a2e-0d6fb0a5a001\",\"userId\":\"ada\"";
    private const string Request = Group + ",\"requestId\":\"0b0f1cf7-5c62-4c28-9a2e-0d6fb0a5a002\",\"requestingDeviceId\":\"0b0f1cf7-5c62-4c28-9a2e-0d6fb0a5a001\"";
    private const string At = "\"occurredAt\":\"2026-01-01T00:00:00+00:00\"";
    private const string End = "\"actor\":\"bob\"," + At;

    /// <summary>Message name and a sample, member by member.</summary>
    public static TheoryData<Type, string, string> Samples => new()
    {
        { typeof(DeviceRegistered), "DeviceRegistry.Contracts.V1:DeviceRegistered", $$"""{{{Device}},"deviceName":"Firefox on Linux","deviceType":"web","publicKeyThumbprint":"t",{{End}}}""" },
        { typeof(DeviceActivated), "DeviceRegistry.Contracts.V1:DeviceActivated", $$"""{{{Device}},"keyVersion":3,{{End}}}""" },
        { typeof(DevicePublicKeyChanged), "DeviceRegistry.Contracts.V1:DevicePublicKeyChanged", $$"""{{{Device}},"publicKeyThumbprint":"t",{{End}}}""" },
        {
            typeof(DeviceRevoked),
            "DeviceRegistry.Contracts.V1:DeviceRevoked",
            $$"""{{{Group}},"groupName":"family","deviceId":"0b0f1cf7-5c62-4c28-9a2e-0d6fb0a5a001","userId":"ada","publicKeyThumbprint":"t","sessionId":"s",{{End}}}"""
        },
        { typeof(DeviceRemoved), "DeviceRegistry.Contracts.V1:DeviceRemoved", $$"""{{{Device}},"publicKeyThumbprint":"t",{{End}}}""" },
        { typeof(DeviceExpired), "DeviceRegistry.Contracts.V1:DeviceExpired", $$"""{{{Device}},"publicKeyThumbprint":"t",{{End}}}""" },
        { typeof(KeyRequestCreated), "DeviceRegistry.Contracts.V1:KeyRequestCreated", $$"""{{{Request}},{{End}}}""" },
        {
            typeof(KeyRequestGranted),
            "DeviceRegistry.Contracts.V1:KeyRequestGranted",
            $$"""{{{Request}},"grantingDeviceId":"0b0f1cf7-5c62-4c28-9a2e-0d6fb0a5a003","keyVersion":3,{{End}}}"""
        },
        { typeof(KeyRequestRejected), "DeviceRegistry.Contracts.V1:KeyRequestRejected", $$"""{{{Request}},{{End}}}""" },
        { typeof(KeyRequestExpired), "DeviceRegistry.Contracts.V1:KeyRequestExpired", $$"""{{{Request}},{{End}}}""" },
        { typeof(GroupKeyInitialized), "DeviceRegistry.Contracts.V1:GroupKeyInitialized", $$"""{{{Group}},"keyVersion":1,{{End}}}""" },
        { typeof(GroupKeyRotated), "DeviceRegistry.Contracts.V1:GroupKeyRotated", $$"""{{{Group}},"keyVersion":2,"devicesUpdated":3,"devicesPendingKeyRequest":1,"reason":"lost phone",{{End}}}""" },
        { typeof(GroupKeyReset), "DeviceRegistry.Contracts.V1:GroupKeyReset", $$"""{{{Group}},"keyVersion":4,{{End}}}""" },
        { typeof(GroupChanged), "DeviceRegistry.Contracts.V1:GroupChanged", $$"""{{{Group}},"number":9,"events":[{"event":"device_updated","data":{"fields":["pushToken"]},"deviceIds":null}],"closures":[{"reason":"device_revoked","deviceId":"0b0f1cf7-5c62-4c28-9a2e-0d6fb0a5a001","identity":null}],"isRenamed":true,{{At}}}""" },
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
            // Structures are parts of an event.
            typeof(DeviceRevoked).Assembly.GetExportedTypes().Where(type => !type.IsValueType).Select(type => type.Name).Order(),
            Samples.Select(row => row.Data.Item1.Name).Order());
}
