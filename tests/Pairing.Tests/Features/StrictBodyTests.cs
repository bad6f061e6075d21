using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Pairing.Tests.Infrastructure;

namespace Pairing.Tests.Features;

/// <summary>Contract §1: how bodies are read, by every operation that has one.</summary>
public sealed class StrictBodyTests(PairingApp app)
{
    private const string User = "6f9619ff-8b86-4011-b42d-00cf4fc964ff";

    public static TheoryData<string, byte[]> NotJson => new()
    {
        { "empty", [] },
        { "blank", " \n"u8.ToArray() },
        { "array", "[]"u8.ToArray() },
        { "null", "null"u8.ToArray() },
        { "text", "\"x\""u8.ToArray() },
        { "cut off", "{\"userId\":"u8.ToArray() },
        { "single quotes", "{'a':1}"u8.ToArray() },
        { "comment", "{}/**/"u8.ToArray() },
        { "trailing comma", "{\"a\":1,}"u8.ToArray() },
        { "trailing data", "{}{}"u8.ToArray() },
        { "trailing text", "{} x"u8.ToArray() },
        { "duplicate", "{\"a\":1,\"a\":1}"u8.ToArray() },
        { "duplicate by escape", "{\"a\":1,\"\\u0061\":1}"u8.ToArray() },
        { "duplicate inside an unknown member", "{\"x\":[{\"a\":1,\"a\":2}]}"u8.ToArray() },
        { "17 deep", Encoding.ASCII.GetBytes("{\"a\":" + new string('[', 16) + new string(']', 16) + "}") },
        { "NaN", "{\"a\":NaN}"u8.ToArray() },
        { "leading zero", "{\"a\":01}"u8.ToArray() },
        { "raw control character", "{\"a\":\"\n\"}"u8.ToArray() },
        { "invalid UTF-8 in a value", [.. "{\"x\":\""u8, 0xC3, 0x28, .. "\"}"u8] },
        { "invalid UTF-8 in a name", [.. "{\""u8, 0xFF, .. "\":1}"u8] },
        { "overlong UTF-8", [.. "{\"x\":\""u8, 0xC0, 0x80, .. "\"}"u8] },
        { "half a surrogate pair", "{\"username\":\"\\ud800\"}"u8.ToArray() },
        { "half a surrogate pair in a name", "{\"\\udc00\":1}"u8.ToArray() },
        { "byte order mark", [0xEF, 0xBB, 0xBF, .. "{}"u8] },
        { "UTF-16", Encoding.Unicode.GetBytes("{}") },
    };

    [Theory]
    [MemberData(nameof(NotJson))]
    public async Task Body_NotOneStrictObject_RejectedAsInvalidJson(string what, byte[] bytes)
    {
        Assert.NotEmpty(what);
        var tenant = await app.CreateTenantAsync();
        using var create = await tenant.SendAsync(HttpMethod.Post, "/tenants/v1/pairing", Content(bytes));
        await create.AssertProblemAsync(400, "Bad request", "invalid_json");

        var pairing = await tenant.CreatePairingAsync();
        foreach (var operation in new[] { "init", "complete" })
        {
            using var response = await PostAsync(operation, pairing.Jwt, Content(bytes));
            await response.AssertProblemAsync(400, "Bad request", "invalid_json");
        }

        Assert.Equal(("CREATED", "created"), await pairing.StatusAsync());
    }

    [Theory]
    [InlineData("{\"userId\":\"6f9619ff-8b86-4011-b42d-00cf4fc964ff\",\"username\":\"a\",\"x\":[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]}")] // 16 deep
    [InlineData("\r\n\t {\"userId\":\"6F9619FF-8B86-4011-B42D-00CF4FC964FF\",\"username\":\"\\u0061\\ud83d\\ude00\",\"Username\":5} \n")]
    public async Task Body_AtTheLimits_IsTaken(string json)
    {
        var tenant = await app.CreateTenantAsync();
        using var response = await tenant.PostPairingAsync(json);
        Assert.Equal(HttpStatusCode.Created, response.StatusCode);
    }

    [Theory]
    [InlineData("application/json")]
    [InlineData("application/json; charset=utf-8")]
    [InlineData("application/json;charset=\"UTF-8\"")]
    [InlineData("Application/JSON; x=y")]
    public async Task MediaType_Json_IsTaken(string type)
    {
        var tenant = await app.CreateTenantAsync();
        var content = Content(Encoding.UTF8.GetBytes($$"""{"userId":"{{User}}","username":"a"}"""));
        content.Headers.Remove("Content-Type");
        content.Headers.TryAddWithoutValidation("Content-Type", type);
        using var response = await tenant.SendAsync(HttpMethod.Post, "/tenants/v1/pairing", content);
        Assert.Equal(HttpStatusCode.Created, response.StatusCode);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("text/plain")]
    [InlineData("text/json")]
    [InlineData("application/problem+json")]
    [InlineData("application/json; charset=iso-8859-1")]
    [InlineData("application/json; charset=utf-16")]
    [InlineData("application/x-www-form-urlencoded")]
    [InlineData("json")]
    public async Task MediaType_AnythingElse_Rejected(string? type)
    {
        var tenant = await app.CreateTenantAsync();
        var pairing = await tenant.CreatePairingAsync();
        foreach (var path in new[] { "/tenants/v1/pairing", "/mobile/v1/pairing/init", "/mobile/v1/pairing/complete" })
        {
            var content = Content("{}"u8.ToArray());
            content.Headers.Remove("Content-Type");
            if (type is not null)
            {
                content.Headers.TryAddWithoutValidation("Content-Type", type);
            }

            using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = content };
            request.Headers.Add("X-API-Key", tenant.ApiKey);
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", pairing.Jwt);
            using var response = await app.Client.SendAsync(request, TestContext.Current.CancellationToken);
            await response.AssertProblemAsync(415, "Unsupported media type", "unsupported_media_type");
        }
    }

    [Theory]
    [InlineData("init", 16 * 1024)]
    [InlineData("complete", 1_310_720)]
    public async Task Size_OfThePhonesBodies_CountsToTheByte(string operation, int limit)
    {
        var pairing = await (await app.CreateTenantAsync()).CreatePairingAsync();
        foreach (var chunked in new[] { false, true })
        {
            using var fits = await PostAsync(operation, pairing.Jwt, Content(Padded(limit), chunked));
            await fits.AssertProblemAsync(400, "Bad request", "validation_failed");
            using var tooLarge = await PostAsync(operation, pairing.Jwt, Content(Padded(limit + 1), chunked));
            await tooLarge.AssertProblemAsync(413, "Payload too large", "payload_too_large");
        }
    }

    [Fact]
    public async Task Size_OfTheOthers_CountsToTheByte()
    {
        var tenant = await app.CreateTenantAsync();
        foreach (var chunked in new[] { false, true })
        {
            using var fits = await tenant.SendAsync(HttpMethod.Post, "/tenants/v1/pairing", Content(Padded(8192), chunked));
            await fits.AssertProblemAsync(400, "Bad request", "validation_failed");
            using var tooLarge = await tenant.SendAsync(HttpMethod.Post, "/tenants/v1/pairing", Content(Padded(8193), chunked));
            await tooLarge.AssertProblemAsync(413, "Payload too large", "payload_too_large");
        }
    }

    [Fact]
    public async Task Order_TokenBeforeMediaTypeBeforeSizeBeforeSyntax()
    {
        var pairing = await (await app.CreateTenantAsync()).CreatePairingAsync();
        var large = new byte[20_000];
        using var noToken = await PostAsync("init", "x.y.z", new ByteArrayContent(large));
        await noToken.AssertProblemAsync(401, "Unauthorized", "invalid_token");
        using var noType = await PostAsync("init", pairing.Jwt, new ByteArrayContent(large));
        await noType.AssertProblemAsync(415, "Unsupported media type", "unsupported_media_type");
        using var tooLarge = await PostAsync("init", pairing.Jwt, Content(large));
        await tooLarge.AssertProblemAsync(413, "Payload too large", "payload_too_large");
    }

    private async Task<HttpResponseMessage> PostAsync(string operation, string jwt, HttpContent content)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/mobile/v1/pairing/{operation}") { Content = content };
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", jwt);
        return await app.Client.SendAsync(request);
    }

    private static HttpContent Content(byte[] bytes, bool chunked = false)
    {
        HttpContent content = chunked ? new StreamContent(new NotSeekable(bytes)) : new ByteArrayContent(bytes);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        return content;
    }

    private static byte[] Padded(int length) => [.. "{"u8, .. Enumerable.Repeat((byte)' ', length - 2), .. "}"u8];

    /// <summary>A stream without a length is sent without Content-Length.</summary>
    private sealed class NotSeekable(byte[] bytes) : MemoryStream(bytes)
    {
        public override bool CanSeek => false;
    }
}
