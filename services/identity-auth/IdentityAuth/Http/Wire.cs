using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace IdentityAuth.Http;

/// <summary>Scalars on the wire (contract §1.2).</summary>
internal static class Wire
{
    /// <summary>UTC with milliseconds and <c>Z</c>.</summary>
    public static string Timestamp(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);

    public sealed class TimestampConverter : JsonConverter<DateTimeOffset>
    {
        public override DateTimeOffset Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => reader.GetDateTimeOffset();

        public override void Write(Utf8JsonWriter writer, DateTimeOffset value, JsonSerializerOptions options) => writer.WriteStringValue(Timestamp(value));
    }
}
