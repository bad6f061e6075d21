using System.Text.Json;

namespace IdentityAuth.Tests.Infrastructure;

public static class Answers
{
    /// <summary>Checks the status and reads the body.</summary>
    public static async Task<JsonElement> JsonAsync(this HttpResponseMessage response, int status)
    {
        var text = await response.Content.ReadAsStringAsync();
        Assert.True(status == (int)response.StatusCode, $"{(int)response.StatusCode}: {text}");
        Assert.Equal("no-store", response.Headers.CacheControl?.ToString());
        Assert.True(response.Headers.Contains("X-Correlation-Id"));
        return JsonDocument.Parse(text).RootElement;
    }

    /// <summary>Checks an answer without body.</summary>
    public static async Task AssertNoContentAsync(this HttpResponseMessage response)
    {
        var text = await response.Content.ReadAsStringAsync();
        Assert.True((int)response.StatusCode == 204, $"{(int)response.StatusCode}: {text}");
        Assert.Empty(text);
        Assert.Null(response.Content.Headers.ContentType);
        Assert.Equal("no-store", response.Headers.CacheControl?.ToString());
    }

    /// <summary>Checks that an answer is a refusal of the contract (§1.5), whole.</summary>
    public static async Task<JsonElement> AssertProblemAsync(this HttpResponseMessage response, int status, string code)
    {
        var body = await response.JsonAsync(status);
        Assert.Equal("application/json", response.Content.Headers.ContentType?.MediaType);
        Assert.Equal(code, body.GetProperty("code").GetString());
        Assert.NotEmpty(body.GetProperty("message").GetString()!);
        return body;
    }

    /// <summary>Checks that exactly these fields are refused.</summary>
    /// <param name="errors"><c>path=CODE</c>.</param>
    public static async Task AssertFieldsAsync(this HttpResponseMessage response, params string[] errors)
    {
        var body = await response.AssertProblemAsync(400, "INVALID_FORM_BODY");
        var entries = body.GetProperty("errors").EnumerateArray().ToList();
        Assert.All(entries, entry => Assert.NotEmpty(entry.Text("message")));
        Assert.Equal(errors.Order(StringComparer.Ordinal), entries.Select(entry => $"{entry.Text("path")}={entry.Text("code")}").Order(StringComparer.Ordinal));
    }

    public static string Text(this JsonElement json, string name) => json.GetProperty(name).GetString()!;
}
