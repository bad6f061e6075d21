using System.Text.Json;

namespace ServiceDefaults.Messaging;

/// <summary>How an event is written: System.Text.Json's web defaults; a member that the reader does not know is ignored.</summary>
internal static class MessageJson
{
    public static JsonSerializerOptions Options { get; } = new(JsonSerializerDefaults.Web);
}
