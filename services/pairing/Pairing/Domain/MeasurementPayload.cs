using System.Buffers;
using System.Text.Json;
using ServiceDefaults.Jose;

namespace Pairing.Domain;

/// <summary>The claims inside the data token (contract §3.3): <c>refEcg</c>, and optional <c>iat</c> and <c>exp</c>.</summary>
internal static class MeasurementPayload
{
    private const int MaximumSeries = 16;
    private const int MaximumValuesPerSeries = 100_000;
    private const int ExpiryLeewaySeconds = 30;

    /// <summary>Reads the payload part of the JWS.</summary>
    /// <param name="measurement">The JSON of <c>refEcg</c>, byte for byte.</param>
    public static bool TryRead(ReadOnlySpan<byte> base64Url, DateTimeOffset now, out byte[] measurement)
    {
        measurement = [];
        var length = Base64UrlText.DecodedLength(base64Url.Length);
        var buffer = ArrayPool<byte>.Shared.Rent(length);
        try
        {
            var json = buffer.AsSpan(0, length);
            return Base64UrlText.TryDecode(base64Url, json)
                && System.Text.Unicode.Utf8.IsValid(json)
                && TryReadObject(json, now, out measurement);
        }
        catch (JsonException)
        {
            return false;
        }
        finally
        {
            // Health data does not stay behind in a pool.
            buffer.AsSpan(0, length).Clear();
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static bool TryReadObject(ReadOnlySpan<byte> json, DateTimeOffset now, out byte[] measurement)
    {
        measurement = [];
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = 16 });
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
        {
            return false;
        }

        Range? refEcg = null;
        var seenIssuedAt = false;
        var seenExpiry = false;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            // Member names are unique (RFC 7519 §4): a second refEcg, iat or exp would be another meaning.
            if (reader.ValueTextEquals("refEcg"u8))
            {
                if (refEcg is not null || !TryReadSeries(ref reader, out var range))
                {
                    return false;
                }

                refEcg = range;
            }
            else if (reader.ValueTextEquals("exp"u8))
            {
                if (seenExpiry || !TryReadDate(ref reader, out var expiry) || expiry < now.ToUnixTimeMilliseconds() / 1000d - ExpiryLeewaySeconds)
                {
                    return false;
                }

                seenExpiry = true;
            }
            else if (reader.ValueTextEquals("iat"u8))
            {
                if (seenIssuedAt || !TryReadDate(ref reader, out _))
                {
                    return false;
                }

                seenIssuedAt = true;
            }
            else
            {
                reader.Skip();
            }
        }

        // The end of the object is the end of the text: a further Read throws on trailing data.
        if (reader.TokenType != JsonTokenType.EndObject || reader.Read() || refEcg is null)
        {
            return false;
        }

        measurement = json[refEcg.Value].ToArray();
        return true;
    }

    private static bool TryReadDate(ref Utf8JsonReader reader, out double date)
    {
        date = 0;
        return reader.Read() && reader.TokenType == JsonTokenType.Number && reader.TryGetDouble(out date) && double.IsFinite(date);
    }

    // 1–16 arrays of 1–100,000 finite numbers.
    private static bool TryReadSeries(ref Utf8JsonReader reader, out Range range)
    {
        range = default;
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartArray)
        {
            return false;
        }

        var start = (int)reader.TokenStartIndex;
        var series = 0;
        while (reader.Read() && reader.TokenType == JsonTokenType.StartArray)
        {
            var values = 0;
            while (reader.Read() && reader.TokenType == JsonTokenType.Number)
            {
                if (++values > MaximumValuesPerSeries || !reader.TryGetDouble(out var value) || !double.IsFinite(value))
                {
                    return false;
                }
            }

            if (reader.TokenType != JsonTokenType.EndArray || values == 0 || ++series > MaximumSeries)
            {
                return false;
            }
        }

        range = start..(int)reader.BytesConsumed;
        return reader.TokenType == JsonTokenType.EndArray && series > 0;
    }
}
