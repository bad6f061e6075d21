using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using ScopeSigning.Tests.Support;

namespace ScopeSigning.Tests.Http;

public sealed class TokenBodyTests(ScopeSigningHost host)
{
    private readonly Api api = new(host);

    [Theory]
    [InlineData("application/jwt", "raw")]
    [InlineData("application/jose", "raw")]
    [InlineData("text/plain;charset=UTF-8", "raw")]
    [InlineData("APPLICATION/JWT; charset=\"utf-8\"", "raw")]
    [InlineData(null, "raw")]
    [InlineData("application/json", "raw")]
    [InlineData("application/json", "string")]
    [InlineData("application/json; charset=utf-8", "object")]
    [InlineData("application/jwt", "string")]
    [InlineData("application/jwt", "object")]
    [InlineData("text/plain", "object")]
    [InlineData(null, "string")]
    [InlineData("application/jwt", "white space")]
    public async Task Body_EveryWrappingOfGeneratedClients_IsTaken(string? mediaType, string wrapping)
    {
        var token = new Identity().Token();
        var body = wrapping switch
        {
            "string" => JsonSerializer.Serialize(token),
            "object" => JsonSerializer.Serialize(new { jwt = token }),
            "white space" => $" \t\r\n{token}\n ",
            _ => token,
        };

        Assert.Equal(201, (await api.SendAsync(HttpMethod.Post, "/key", body, mediaType)).Status);
    }

    [Theory]
    [InlineData("application/xml")]
    [InlineData("application/x-www-form-urlencoded")]
    [InlineData("multipart/form-data; boundary=x")]
    [InlineData("application/jwt+json")]
    [InlineData("text/html")]
    [InlineData("nonsense")]
    [InlineData("application/jwt, application/json")]
    public async Task Body_OtherMediaType_IsRefused(string mediaType)
        => Assert.Equal("bad-media-type", (await api.SendAsync(HttpMethod.Post, "/key", new Identity().Token(), mediaType)).Code);

    [Theory]
    [InlineData("gzip")]
    [InlineData("br")]
    [InlineData("identity, gzip")]
    public async Task Body_Compressed_IsRefused(string encoding)
    {
        using var content = new ByteArrayContent(Encoding.ASCII.GetBytes(new Identity().Token()));
        content.Headers.TryAddWithoutValidation("Content-Encoding", encoding);

        Assert.Equal("bad-media-type", (await api.SendAsync(HttpMethod.Post, "/key", content, "application/jwt")).Code);
    }

    [Theory]
    [InlineData("")]
    [InlineData(" \n\t ")]
    [InlineData("\"")]
    [InlineData("\"\"")]
    [InlineData("\"a\" \"b\"")]
    [InlineData("{")]
    [InlineData("{\"jwt\":1}")]
    [InlineData("{\"jwt\":null}")]
    [InlineData("{\"jwt\":\"a\",\"x\":1}")]
    [InlineData("{\"jwt\":\"a\",\"jwt\":\"a\"}")]
    [InlineData("{\"jwt\":\"\\ud800\"}")]
    [InlineData("{\"jwt\":\"a\"} x")]
    [InlineData("[\"a.b.c\"]")]
    [InlineData("null")]
    public async Task Body_Malformed_IsBadRequest(string body) => Assert.Equal("bad-request", (await api.SendAsync(HttpMethod.Post, "/key", body, "application/json")).Code);

    [Theory]
    [InlineData(new byte[] { 0xEF, 0xBB, 0xBF, 0x61 })]
    [InlineData(new byte[] { 0xFF, 0xFE })]
    [InlineData(new byte[] { 0x22, 0xC3, 0x22 })]
    public async Task Body_NotUtf8OrWithAByteOrderMark_IsBadRequest(byte[] body)
    {
        using var content = new ByteArrayContent(body);

        Assert.Equal("bad-request", (await api.SendAsync(HttpMethod.Post, "/key", content, "application/jwt")).Code);
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("{\"sub\":\"x\"}")]
    [InlineData("{\"payload\":\"e30\",\"signatures\":[]}")]
    [InlineData("{\"JWT\":\"e30.e30.e30\"}")]
    public async Task Body_ObjectWithoutToken_IsUnsigned(string body)
    {
        var answer = await api.SendAsync(HttpMethod.Post, "/key", body, "application/json");

        Assert.Equal("auth-error", answer.Code);
        Assert.Contains("unsigned", answer.Text("detail"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Body_SixteenKibibytes_IsTheLimitChunkedOrNot()
    {
        foreach (var chunked in new[] { false, true })
        {
            using var exact = new ByteArrayContent(Encoding.ASCII.GetBytes(new Identity().Token().PadRight(16_384)));
            using var over = new ByteArrayContent(Encoding.ASCII.GetBytes(new Identity().Token().PadRight(16_385)));
            if (chunked)
            {
                exact.Headers.ContentLength = null;
                over.Headers.ContentLength = null;
            }

            Assert.Equal(201, (await api.SendAsync(HttpMethod.Post, "/key", exact, "application/jwt")).Status);
            var refused = await api.SendAsync(HttpMethod.Post, "/key", over, "application/jwt");
            Assert.Equal(413, refused.Status);
            Assert.Equal("too-large", refused.Code);
        }
    }

    [Fact]
    public async Task Body_EndlessStream_IsAnsweredWithoutReadingToTheEnd()
    {
        // By hand: the body never ends, and the answer comes all the same.
        using var client = new TcpClient();
        await client.ConnectAsync(host.Address.Host, host.Address.Port, TestContext.Current.CancellationToken);
        await using var stream = client.GetStream();
        var chunk = $"4400\r\n{new string('A', 0x4400)}\r\n";
        await stream.WriteAsync(
            Encoding.ASCII.GetBytes($"POST /key HTTP/1.1\r\nHost: x\r\nContent-Type: application/jwt\r\nTransfer-Encoding: chunked\r\n\r\n{chunk}"),
            TestContext.Current.CancellationToken);

        using var reader = new StreamReader(stream);

        Assert.StartsWith("HTTP/1.1 413 ", await reader.ReadLineAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Body_AuthorizationHeader_IsIgnored()
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/key") { Content = new StringContent(new Identity().Token(), null, "application/jwt") };
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", "whatever");

        using var response = await host.Client.SendAsync(request, TestContext.Current.CancellationToken);

        Assert.Equal(201, (int)response.StatusCode);
    }
}
