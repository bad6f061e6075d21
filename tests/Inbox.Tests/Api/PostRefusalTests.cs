using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;

namespace Inbox.Tests.Api;

/// <summary>What the HTTP sinks refuse, and that nothing is stored.</summary>
public sealed class PostRefusalTests : IAsyncLifetime
{
    private readonly InboxHost inbox = new(("MaxPostBytes", "1024"));

    public ValueTask InitializeAsync() => inbox.InitializeAsync();

    public ValueTask DisposeAsync() => inbox.DisposeAsync();

    [Theory]
    [InlineData("/sms", "", "invalid_json")]
    [InlineData("/sms", "{", "invalid_json")]
    [InlineData("/sms", "[]", "invalid_json")]
    [InlineData("/sms", "null", "invalid_json")]
    [InlineData("/sms", "{\"to\":\"+31612345678\"} {}", "invalid_json")]
    [InlineData("/sms", "{\"to\":\"+31612345678\",\"to\":\"+31600000000\"}", "invalid_json")]
    [InlineData("/sms", "{\"to\":\"+31612345678\",\"x\":[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]}", "invalid_json")]
    [InlineData("/sms", "{\"\\ud800\":1,\"to\":\"+31612345678\"}", "invalid_json")]
    [InlineData("/sms", "{}", "validation_failed")]
    [InlineData("/sms", "{\"to\":\"\"}", "validation_failed")]
    [InlineData("/sms", "{\"to\":\"  \"}", "validation_failed")]
    [InlineData("/sms", "{\"to\":31612345678}", "validation_failed")]
    [InlineData("/sms", "{\"to\":null}", "validation_failed")]
    [InlineData("/sms", "{\"to\":\"\\ud800\"}", "validation_failed")]
    [InlineData("/sms", "{\"To\":\"+31612345678\"}", "validation_failed")]
    [InlineData("/sms", "{\"to\":\"+31612345678\",\"channel\":\"letter\"}", "validation_failed")]
    [InlineData("/sms", "{\"to\":\"+31612345678\",\"channel\":null}", "validation_failed")]
    [InlineData("/sms", "{\"to\":\"+31612345678\",\"channel\":\"SMS\"}", "validation_failed")]
    [InlineData("/push", "{\"callback\":\"https://a.example\"}", "validation_failed")]
    [InlineData("/push", "{\"devtoken\":\"\"}", "validation_failed")]
    [InlineData("/push", "{\"devtoken\":\"t\",\"channel\":\"sms\"}", "validation_failed")]
    [InlineData("/letter", "{\"to\":{}}", "validation_failed")]
    [InlineData("/letter", "{\"to\":{\"street_address\":1}}", "validation_failed")]
    [InlineData("/letter", "{\"to\":[\"Street 1\"]}", "validation_failed")]
    [InlineData("/test", "{\"to\":\"ada@example.org\"}", "validation_failed")]
    [InlineData("/test", "{\"to\":\"ada@example.org\",\"channel\":\"fax\"}", "validation_failed")]
    public async Task Post_BadBody_400AndNothingStored(string path, string body, string error)
        => await AssertRefusedAsync(path, new StringContent(body, Encoding.UTF8, "application/json"), HttpStatusCode.BadRequest, error);

    [Fact]
    public async Task Post_NotUtf8_400AndNothingStored()
    {
        var content = new ByteArrayContent([.. "{\"to\":\""u8, 0xff, .. "\"}"u8]);
        content.Headers.ContentType = new("application/json");
        await AssertRefusedAsync("/sms", content, HttpStatusCode.BadRequest, "invalid_json");
    }

    [Theory]
    [InlineData("text/plain")]
    [InlineData("application/x-www-form-urlencoded")]
    [InlineData(null)]
    public async Task Post_OtherMediaType_415AndNothingStored(string? type)
    {
        var content = new StringContent("{\"to\":\"+31612345678\"}");
        content.Headers.ContentType = type is null ? null : MediaTypeHeaderValue.Parse(type);
        await AssertRefusedAsync("/sms", content, HttpStatusCode.UnsupportedMediaType, "unsupported_media_type");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Post_BodySize_LimitedWithAndWithoutContentLength(bool chunked)
    {
        Assert.Equal(HttpStatusCode.Created, (await SendAsync("/sms", Body(1024), chunked)).StatusCode);
        Assert.Single(inbox.Store.Snapshot());

        var refused = await SendAsync("/sms", Body(1025), chunked);
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, refused.StatusCode);
        Assert.Equal("payload_too_large", (await ProblemAsync(refused)).GetProperty("error").GetString());
        Assert.Single(inbox.Store.Snapshot());

        static StringContent Body(int bytes) => new($"{{\"to\":\"1\",\"x\":\"{new string('x', bytes - 17)}\"}}", Encoding.UTF8, "application/json");
    }

    [Theory]
    [InlineData("GET", "/sms", 405)]
    [InlineData("PUT", "/test", 405)]
    [InlineData("GET", "/nothing", 404)]
    [InlineData("GET", "/api/v1/nothing", 404)]
    [InlineData("POST", "/api/v1/messages", 405)]
    [InlineData("GET", "/api/v1/message/unknown", 404)]
    [InlineData("GET", "/api/v1/message/latest", 404)]
    [InlineData("GET", "/api/v1/message/unknown/raw", 404)]
    [InlineData("GET", "/api/v1/message/unknown/headers", 404)]
    [InlineData("GET", "/api/v1/message/unknown/part/1", 404)]
    [InlineData("GET", "/view/unknown.html", 404)]
    [InlineData("GET", "/api/v1/messages?start=-1", 400)]
    [InlineData("GET", "/api/v1/messages?start=x", 400)]
    [InlineData("GET", "/api/v1/messages?limit=-1", 400)]
    [InlineData("GET", "/api/v1/messages?limit=99999999999", 400)]
    [InlineData("GET", "/api/v1/messages?limit=", 400)]
    [InlineData("GET", "/api/v1/messages?wait=61", 400)]
    [InlineData("GET", "/api/v1/search", 400)]
    [InlineData("GET", "/api/v1/search?query=%20", 400)]
    [InlineData("DELETE", "/api/v1/search", 400)]
    public async Task Request_Wrong_JsonProblemEvenForABrowser(string method, string path, int status)
    {
        using var request = new HttpRequestMessage(new(method), path);
        request.Headers.Accept.ParseAdd("text/html");
        using var response = await inbox.Http.SendAsync(request, TestContext.Current.CancellationToken);

        Assert.Equal(status, (int)response.StatusCode);
        Assert.Equal(status, (await ProblemAsync(response)).GetProperty("status").GetInt32());
    }

    [Fact]
    public async Task Query_TooLong_400()
    {
        Assert.Equal(HttpStatusCode.OK, (await GetStatusAsync($"/api/v1/search?query={new string('x', 500)}")));
        Assert.Equal(HttpStatusCode.BadRequest, (await GetStatusAsync($"/api/v1/search?query={new string('x', 501)}")));
    }

    [Theory]
    [InlineData("localhost", HttpStatusCode.OK)]
    [InlineData("127.0.0.1:8025", HttpStatusCode.OK)]
    [InlineData("[::1]", HttpStatusCode.OK)]
    [InlineData("evil.example", HttpStatusCode.BadRequest)]
    [InlineData("localhost.evil.example", HttpStatusCode.BadRequest)]
    public async Task Request_ForeignHostName_Refused(string host, HttpStatusCode status)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/v1/messages") { Headers = { Host = host } };
        using var response = await inbox.Http.SendAsync(request, TestContext.Current.CancellationToken);

        Assert.Equal(status, response.StatusCode);
    }

    [Theory]
    [InlineData("{\"IDs\":\"x\"}")]
    [InlineData("{\"IDs\":[1]}")]
    [InlineData("{\"ids\":[\"x\"]}")]
    [InlineData("{\"IDs\":[\"\\ud800\"]}")]
    [InlineData("[]")]
    [InlineData("x")]
    public async Task Delete_BadBody_400AndNothingDeleted(string body)
    {
        await SendAsync("/sms", new StringContent("{\"to\":\"1\"}", Encoding.UTF8, "application/json"), chunked: false);
        using var request = new HttpRequestMessage(HttpMethod.Delete, "/api/v1/messages") { Content = new StringContent(body, Encoding.UTF8, "application/json") };
        using var response = await inbox.Http.SendAsync(request, TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        await ProblemAsync(response);
        Assert.Single(inbox.Store.Snapshot());
    }

    private static async Task<JsonElement> ProblemAsync(HttpResponseMessage response)
    {
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType?.MediaType);
        return await response.Content.ReadFromJsonAsync<JsonElement>(TestContext.Current.CancellationToken);
    }

    private async Task AssertRefusedAsync(string path, HttpContent content, HttpStatusCode status, string error)
    {
        using var response = await SendAsync(path, content, chunked: false);

        Assert.Equal(status, response.StatusCode);
        var problem = await ProblemAsync(response);
        Assert.Equal(error, problem.GetProperty("error").GetString());
        Assert.False(string.IsNullOrWhiteSpace(problem.GetProperty("detail").GetString()));
        Assert.Empty(inbox.Store.Snapshot());
    }

    private async Task<HttpResponseMessage> SendAsync(string path, HttpContent content, bool chunked)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = content };
        request.Headers.TransferEncodingChunked = chunked;
        return await inbox.Http.SendAsync(request, TestContext.Current.CancellationToken);
    }

    private async Task<HttpStatusCode> GetStatusAsync(string path)
    {
        using var response = await inbox.Http.GetAsync(new Uri(path, UriKind.Relative), TestContext.Current.CancellationToken);
        return response.StatusCode;
    }
}
