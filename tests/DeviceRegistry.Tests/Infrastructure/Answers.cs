using System.Net;
using System.Text.Json;

namespace DeviceRegistry.Tests.Infrastructure;

public static class Answers
{
    /// <summary>Checks that an answer is a refusal of the contract (§1.4), whole.</summary>
    public static async Task<JsonElement> AssertProblemAsync(this HttpResponseMessage response, int status, string error)
    {
        var text = await response.Content.ReadAsStringAsync();
        Assert.True(status == (int)response.StatusCode, $"{(int)response.StatusCode}: {text}");
        var body = JsonDocument.Parse(text).RootElement;
        Assert.Equal(error, body.GetProperty("error").GetString());
        Assert.Equal("application/json; charset=utf-8", response.Content.Headers.ContentType?.ToString());
        Assert.NotEmpty(body.GetProperty("message").GetString()!);
        Assert.Equal(response.Headers.GetValues("X-Correlation-Id").Single(), body.GetProperty("requestId").GetString());
        if (status is 401)
        {
            Assert.Equal("Bearer error=\"invalid_token\"", response.Headers.WwwAuthenticate.ToString());
        }

        return body;
    }

    /// <summary>Checks the status of a good answer and reads it.</summary>
    public static async Task<JsonElement> AssertJsonAsync(this HttpResponseMessage response, HttpStatusCode status)
    {
        var text = await response.Content.ReadAsStringAsync();
        Assert.True(status == response.StatusCode, $"{(int)response.StatusCode}: {text}");
        Assert.Equal("application/json; charset=utf-8", response.Content.Headers.ContentType?.ToString());
        return JsonDocument.Parse(text).RootElement;
    }

    /// <summary>Reads a good answer of whatever kind of JSON.</summary>
    public static async Task<JsonElement> AssertJsonAnyTypeAsync(this HttpResponseMessage response)
    {
        Assert.True(response.IsSuccessStatusCode);
        return JsonDocument.Parse(await response.Content.ReadAsStringAsync()).RootElement;
    }

    /// <summary>Checks that the answer is 204, with no body at all.</summary>
    public static async Task AssertNoContentAsync(this HttpResponseMessage response)
    {
        var text = await response.Content.ReadAsStringAsync();
        Assert.True(response.StatusCode == HttpStatusCode.NoContent, $"{(int)response.StatusCode}: {text}");
        Assert.Empty(text);
        Assert.Null(response.Content.Headers.ContentType);
    }

    public static string Text(this JsonElement json, string name) => json.GetProperty(name).GetString()!;

    /// <summary>The names of the members, sorted.</summary>
    public static IEnumerable<string> Names(this JsonElement json) => json.EnumerateObject().Select(member => member.Name).Order(StringComparer.Ordinal);
}
