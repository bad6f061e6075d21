using System.Net;
using System.Net.Http.Headers;
using Gateway.Tests.Support;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Gateway.Tests.Forwarding;

public sealed class RequestBodyTests(Platform platform) : IClassFixture<Platform>
{
    private const int Cap = 1536 * 1024;

    /// <summary>Size line, line end and last chunk, which count: <c>17fff1 CRLF … CRLF 0 CRLF CRLF</c>.</summary>
    private const int FramingOfOneChunk = 15;

    private readonly StubService _service = platform["pairing"];

    [Theory]
    [InlineData(0, false)]
    [InlineData(1, false)]
    [InlineData(1, true)]
    [InlineData(4096, false)]
    [InlineData(4097, false)]
    [InlineData(64 * 1024, true)]
    [InlineData(Cap, false)]
    [InlineData(Cap - FramingOfOneChunk, true)]
    public async Task Body_UpToTheCap_ArrivesWhole(int length, bool chunked)
    {
        Reset();
        var body = Bytes(length);

        using var response = await PostAsync(body, chunked);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(body, Assert.Single(_service.Requests).Body);
    }

    [Fact]
    public async Task Body_OneByteAboveTheCap_NeverReachesTheService()
    {
        Reset();

        using var response = await PostAsync(Bytes(Cap + 1), chunked: false);

        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, response.StatusCode);
        Assert.Empty(_service.Requests);
    }

    [Fact]
    public async Task Body_ChunkedAndOneByteAboveTheCap_IsNeverComplete()
    {
        Reset();

        using var response = await PostAsync(Bytes(Cap + 1), chunked: true);

        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, response.StatusCode);
        Assert.Empty(_service.Requests);
    }

    /// <summary>A service that refuses by size, as Kestrel does it: an answer, then the connection is closed on the rest.</summary>
    [Theory]
    [InlineData(5000, false)]
    [InlineData(5000, true)]
    [InlineData(16 * 1024, false)]
    [InlineData(16 * 1024, true)]
    [InlineData(512 * 1024, false)]
    [InlineData(512 * 1024, true)]
    [InlineData(Cap, false)]
    [InlineData(Cap - FramingOfOneChunk, true)]
    public async Task Body_RefusedByTheService_ItsAnswerComesBack(int length, bool chunked)
    {
        for (var i = 0; i < 20; i++)
        {
            Reset();
            _service.ReadsBody = false;
            _service.Handler = async context =>
            {
                context.Features.GetRequiredFeature<IHttpMaxRequestBodySizeFeature>().MaxRequestBodySize = 4096;
                try
                {
                    await context.Request.Body.CopyToAsync(Stream.Null);
                }
                catch (BadHttpRequestException exception)
                {
                    context.Response.StatusCode = exception.StatusCode;
                    await context.Response.WriteAsync("refused by the service");
                }
            };

            using var response = await PostAsync(Bytes(length), chunked);

            Assert.Equal(
                (HttpStatusCode.RequestEntityTooLarge, "refused by the service"),
                (response.StatusCode, await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)));
        }
    }

    [Fact]
    public async Task Body_ServiceAnswersWithoutReading_AnswerComesBack()
    {
        Reset();
        _service.ReadsBody = false;
        _service.Handler = context =>
        {
            context.Response.StatusCode = 401;
            return Task.CompletedTask;
        };

        for (var i = 0; i < 20; i++)
        {
            using var response = await PostAsync(Bytes(1024 * 1024), chunked: false);
            Assert.Equal(HttpStatusCode.Unauthorized, response.StatusCode);
        }
    }

    [Fact]
    public async Task Body_OfDelete_ArrivesToo()
    {
        Reset();
        using var request = new HttpRequestMessage(HttpMethod.Delete, platform.Gateway.AsWritten("/mobile/v1/x")) { Content = new StringContent("{}") };

        using var response = await platform.Gateway.Client.SendAsync(request, TestContext.Current.CancellationToken);

        Assert.Equal("{}"u8, Assert.Single(_service.Requests).Body);
    }

    private static byte[] Bytes(int length)
    {
        var bytes = new byte[length];
        new Random(length).NextBytes(bytes);
        return bytes;
    }

    private void Reset()
    {
        _service.Requests.Clear();
        _service.ReadsBody = true;
        _service.Handler = context => context.Response.WriteAsync("ok");
    }

    private Task<HttpResponseMessage> PostAsync(byte[] body, bool chunked)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, platform.Gateway.AsWritten("/mobile/v1/x")) { Content = new ByteArrayContent(body) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        request.Headers.TransferEncodingChunked = chunked;
        // Without it this client would miss an early answer while it still writes.
        request.Headers.ExpectContinue = body.Length > Cap;
        return platform.Gateway.Client.SendAsync(request, TestContext.Current.CancellationToken);
    }
}
