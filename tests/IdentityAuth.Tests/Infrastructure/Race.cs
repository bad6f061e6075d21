using System.Net;
using System.Text.Json;

namespace IdentityAuth.Tests.Infrastructure;

/// <summary>Many requests at the same moment.</summary>
internal static class Race
{
    /// <summary>Starts them together.</summary>
    /// <returns>What came of each: the status, or for refused fields <c>path=CODE</c>.</returns>
    public static async Task<IReadOnlyList<string>> RunAsync(int count, Func<int, Task<HttpResponseMessage>> send)
    {
        using var start = new SemaphoreSlim(0);
        var calls = Enumerable.Range(0, count).Select(async i =>
        {
            await start.WaitAsync();
            using var response = await send(i);
            return await DescribeAsync(response);
        }).ToArray();
        start.Release(count);
        return await Task.WhenAll(calls);
    }

    private static async Task<string> DescribeAsync(HttpResponseMessage response)
    {
        if (response.StatusCode == HttpStatusCode.BadRequest)
        {
            using var body = JsonDocument.Parse(await response.Content.ReadAsStringAsync());
            return body.RootElement.TryGetProperty("errors", out var errors)
                ? string.Join(' ', errors.EnumerateArray().Select(error => $"{error.Text("path")}={error.Text("code")}"))
                : body.RootElement.Text("code");
        }

        return ((int)response.StatusCode).ToString(System.Globalization.CultureInfo.InvariantCulture);
    }
}
