using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace DeviceRegistry.Domain;

/// <summary>
/// One event of a group's stream, as contract §6 lists them. Never carries a wrapped key, a ciphertext or a push token: there is no
/// way to put one in.
/// </summary>
public sealed record GroupEvent
{
    private static readonly JsonWriterOptions Json = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Its name, such as <c>device_registered</c>.</summary>
    public required string Name { get; init; }

    /// <summary>Member <c>data</c>: one line of JSON, always with <c>groupId</c> and <c>at</c>.</summary>
    public required string Data { get; init; }

    /// <summary>The only device whose streams get it; <see langword="null"/>: every stream of the group.</summary>
    public Guid? OnlyFor { get; init; }

    /// <summary>The streams of this device end after the event …</summary>
    public Guid? EndsDevice { get; init; }

    /// <summary>… or those of this member. Such an entry has no name and is sent to nobody.</summary>
    public string? EndsMember { get; init; }

    /// <summary>A member has announced a device.</summary>
    public static GroupEvent DeviceRegistered(long groupId, DateTimeOffset at, Guid deviceId, string userId, string deviceName, string deviceType)
        => Create("device_registered", groupId, at, json =>
        {
            json.WriteString("deviceId", deviceId);
            json.WriteString("userId", userId);
            json.WriteString("deviceName", deviceName);
            json.WriteString("deviceType", deviceType);
        });

    /// <summary>A device holds the group's key.</summary>
    public static GroupEvent DeviceActivated(long groupId, DateTimeOffset at, Guid deviceId, string userId, int keyVersion)
        => Create("device_activated", groupId, at, json =>
        {
            json.WriteString("deviceId", deviceId);
            json.WriteString("userId", userId);
            json.WriteNumber("keyVersion", keyVersion);
        });

    /// <summary>Something about a device has changed.</summary>
    /// <param name="fields">Names of what changed, such as <c>publicKey</c>; never the values.</param>
    public static GroupEvent DeviceUpdated(long groupId, DateTimeOffset at, Guid deviceId, params string[] fields)
        => Create("device_updated", groupId, at, json =>
        {
            json.WriteString("deviceId", deviceId);
            json.WriteStartArray("fields");
            foreach (var field in fields)
            {
                json.WriteStringValue(field);
            }

            json.WriteEndArray();
        });

    /// <summary>A device came or went.</summary>
    public static GroupEvent DevicePresence(long groupId, DateTimeOffset at, Guid deviceId, string status, DateTimeOffset lastSeenAt)
        => Create("device_presence", groupId, at, json =>
        {
            json.WriteString("deviceId", deviceId);
            json.WriteString("status", status);
            json.WriteString("lastSeenAt", TextOf(lastSeenAt));
        });

    /// <summary>A device is out for good; its streams end.</summary>
    public static GroupEvent DeviceRevoked(long groupId, DateTimeOffset at, Guid deviceId, string userId)
        => Gone("device_revoked", groupId, at, deviceId, userId);

    /// <summary>A device's record is gone; its streams end.</summary>
    public static GroupEvent DeviceRemoved(long groupId, DateTimeOffset at, Guid deviceId, string userId)
        => Gone("device_removed", groupId, at, deviceId, userId);

    /// <summary>A device asks for the group's key.</summary>
    public static GroupEvent KeyRequestCreated(
        long groupId, DateTimeOffset at, Guid requestId, Guid requestingDeviceId, string requestingPublicKey, DateTimeOffset expiresAt)
        => Create("key_request_created", groupId, at, json =>
        {
            json.WriteString("requestId", requestId);
            json.WriteString("requestingDeviceId", requestingDeviceId);
            json.WriteString("requestingPublicKey", requestingPublicKey);
            json.WriteString("expiresAt", TextOf(expiresAt));
        });

    /// <summary>A device was handed the group's key.</summary>
    public static GroupEvent KeyRequestGranted(long groupId, DateTimeOffset at, Guid requestId, Guid requestingDeviceId, Guid grantingDeviceId)
        => RequestEnded("key_request_granted", groupId, at, requestId, requestingDeviceId, grantingDeviceId);

    /// <summary>A request for the group's key was turned down or withdrawn.</summary>
    public static GroupEvent KeyRequestRejected(long groupId, DateTimeOffset at, Guid requestId, Guid requestingDeviceId)
        => RequestEnded("key_request_rejected", groupId, at, requestId, requestingDeviceId, grantingDeviceId: null);

    /// <summary>Nobody answered a request for the group's key in time.</summary>
    public static GroupEvent KeyRequestExpired(long groupId, DateTimeOffset at, Guid requestId, Guid requestingDeviceId)
        => RequestEnded("key_request_expired", groupId, at, requestId, requestingDeviceId, grantingDeviceId: null);

    /// <summary>The group has a new key.</summary>
    public static GroupEvent KeyRotated(long groupId, DateTimeOffset at, int keyVersion, int devicesUpdated, int devicesPendingKeyRequest)
        => Create("key_rotated", groupId, at, json =>
        {
            json.WriteNumber("keyVersion", keyVersion);
            json.WriteNumber("devicesUpdated", devicesUpdated);
            json.WriteNumber("devicesPendingKeyRequest", devicesPendingKeyRequest);
        });

    /// <summary>A wrapped key waits for one device, which alone is told.</summary>
    public static GroupEvent KeyUpdateAvailable(long groupId, DateTimeOffset at, Guid deviceId, int keyVersion)
        => Create("key_update_available", groupId, at, json =>
        {
            json.WriteString("deviceId", deviceId);
            json.WriteNumber("keyVersion", keyVersion);
        }) with
        { OnlyFor = deviceId };

    /// <summary>The group's encrypted secrets have changed.</summary>
    public static GroupEvent SecretsUpdated(long groupId, DateTimeOffset at, long version)
        => Create("secrets_updated", groupId, at, json => json.WriteNumber("version", version));

    /// <summary>Somebody is no member any more: his streams end. The others are not told.</summary>
    public static GroupEvent MembershipRemoved(string identity) => new() { Name = "", Data = "", EndsMember = identity };

    /// <summary>RFC 3339, UTC, milliseconds (contract §1.1).</summary>
    internal static string TextOf(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);

    private static GroupEvent Gone(string name, long groupId, DateTimeOffset at, Guid deviceId, string userId)
        => Create(name, groupId, at, json =>
        {
            json.WriteString("deviceId", deviceId);
            json.WriteString("userId", userId);
        }) with
        { EndsDevice = deviceId };

    private static GroupEvent RequestEnded(
        string name, long groupId, DateTimeOffset at, Guid requestId, Guid requestingDeviceId, Guid? grantingDeviceId)
        => Create(name, groupId, at, json =>
        {
            json.WriteString("requestId", requestId);
            json.WriteString("requestingDeviceId", requestingDeviceId);
            if (grantingDeviceId is { } granting)
            {
                json.WriteString("grantingDeviceId", granting);
            }
        });

    private static GroupEvent Create(string name, long groupId, DateTimeOffset at, Action<Utf8JsonWriter> write)
    {
        var buffer = new ArrayBufferWriter<byte>(256);
        using (var json = new Utf8JsonWriter(buffer, Json))
        {
            json.WriteStartObject();
            json.WriteNumber("groupId", groupId);
            write(json);
            json.WriteString("at", TextOf(at));
            json.WriteEndObject();
        }

        return new GroupEvent { Name = name, Data = Encoding.UTF8.GetString(buffer.WrittenSpan) };
    }
}
