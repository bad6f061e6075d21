using System.Globalization;
using System.Text.Json;

namespace Campaigns.Tests.BadInput;

/// <summary>Values after a JSON schema: about right, so that a request gets past the first check that it meets.</summary>
internal static class Specimen
{
    private const int MaxDepth = 6;

    /// <summary>The members of an object, each with its value as JSON text.</summary>
    public static List<(string Name, string Json)> Members(ApiDocument document, JsonElement schema, Random random, int depth = 0)
    {
        var members = new List<(string, string)>();
        schema = document.Resolve(schema);
        foreach (var part in (string[])["allOf", "oneOf", "anyOf"])
        {
            if (schema.TryGetProperty(part, out var parts) && parts.GetArrayLength() > 0)
            {
                members.AddRange(Members(document, parts[part == "allOf" ? 0 : random.Next(parts.GetArrayLength())], random, depth));
            }
        }

        if (schema.TryGetProperty("properties", out var properties))
        {
            foreach (var property in properties.EnumerateObject())
            {
                members.Add((property.Name, Json(document, property.Value, random, depth + 1)));
            }
        }

        return members;
    }

    /// <summary>One value as JSON text.</summary>
    public static string Json(ApiDocument document, JsonElement schema, Random random, int depth = 0)
    {
        schema = document.Resolve(schema);
        if (depth > MaxDepth)
        {
            return "null";
        }

        if (schema.TryGetProperty("enum", out var values) && values.GetArrayLength() > 0)
        {
            return values[random.Next(values.GetArrayLength())].GetRawText();
        }

        foreach (var part in (string[])["oneOf", "anyOf", "allOf"])
        {
            if (schema.TryGetProperty(part, out var parts) && parts.GetArrayLength() > 0)
            {
                return Json(document, parts[random.Next(parts.GetArrayLength())], random, depth + 1);
            }
        }

        return TypeOf(schema) switch
        {
            "integer" => random.Next(0, 300).ToString(CultureInfo.InvariantCulture),
            "number" => random.NextDouble().ToString(CultureInfo.InvariantCulture),
            "boolean" => random.Next(2) == 0 ? "true" : "false",
            "array" => "[" + (schema.TryGetProperty("items", out var items)
                ? string.Join(',', Enumerable.Range(0, random.Next(1, 4)).Select(_ => Json(document, items, random, depth + 1)))
                : "") + "]",
            "object" => "{" + string.Join(',', Members(document, schema, random, depth).Select(member => $"{JsonSerializer.Serialize(member.Name)}:{member.Json}")) + "}",
            _ => JsonSerializer.Serialize(Text(schema, random)),
        };
    }

    /// <summary>A value without quotes, for a path, a query or a header.</summary>
    public static string Plain(ApiDocument document, JsonElement? schema, Random random)
    {
        if (schema is not { } known)
        {
            return Text(default, random);
        }

        var json = Json(document, known, random);
        return json.StartsWith('"') ? JsonSerializer.Deserialize<string>(json)! : json;
    }

    private static string? TypeOf(JsonElement schema)
        => schema.TryGetProperty("type", out var type)
            ? type.ValueKind == JsonValueKind.Array
                ? type.EnumerateArray().Select(one => one.GetString()).FirstOrDefault(one => one != "null")
                : type.GetString()
            : schema.TryGetProperty("properties", out _) ? "object" : null;

    private static string Text(JsonElement schema, Random random)
    {
        var format = schema.ValueKind == JsonValueKind.Object && schema.TryGetProperty("format", out var named) ? named.GetString() : null;
        return format switch
        {
            "uuid" => NewUuid(random),
            "email" => $"somebody-{random.Next()}@example.org",
            "date-time" => "2026-01-02T03:04:05Z",
            "date" => "2026-01-02",
            "uri" => "https://example.org/",
            _ => random.Next(6) switch
            {
                0 => NewUuid(random),
                1 => $"somebody-{random.Next()}@example.org",
                2 => random.Next(100_000, 999_999).ToString(CultureInfo.InvariantCulture),
                3 => new string('a', random.Next(1, 64)),
                4 => "A lantern on the 3rd floor",
                _ => Convert.ToBase64String(Bytes(random, 32)),
            },
        };
    }

    private static string NewUuid(Random random) => new Guid(Bytes(random, 16)).ToString();

    private static byte[] Bytes(Random random, int count)
    {
        var bytes = new byte[count];
        random.NextBytes(bytes);
        return bytes;
    }
}
