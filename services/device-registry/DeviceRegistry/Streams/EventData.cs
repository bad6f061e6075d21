using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using DeviceRegistry.Contracts.V1;
using DeviceRegistry.Http;

namespace DeviceRegistry.Streams;

/// <summary>The data of an event: what it says, with the group and the time that every event has (contract §6).</summary>
internal static class EventData
{
    // Never part of a page: a '+' in a public key stays a '+'.
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>One line of JSON.</summary>
    public static string Write(GroupChanged change, GroupStreamEvent one)
    {
        var buffer = new ArrayBufferWriter<byte>(256);
        using (var json = new Utf8JsonWriter(buffer, Options))
        {
            json.WriteStartObject();
            json.WriteNumber("groupId"u8, change.GroupId);
            foreach (var member in one.Data.EnumerateObject())
            {
                member.WriteTo(json);
            }

            json.WriteString("at"u8, Timestamps.Text(change.OccurredAt));
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }
}
