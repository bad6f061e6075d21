using System.Net.Sockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using ServiceDefaults.Http;
using ServiceDefaults.Tests.Infrastructure;

namespace ServiceDefaults.Tests.Http;

public sealed class CorrelationIdTests
{
    public static TheoryData<string> Refused => [new string('a', 65), "a b", "a/b", "a;b", "a\"b", "a:b", "a,b"];

    [Theory]
    [MemberData(nameof(Refused))]
    public async Task UseCorrelationId_IdOfAnotherForm_ReplacedByAUuid(string id)
    {
        await using var web = await StartAsync();

        using var response = await SendAsync(web, id);

        Assert.True(Guid.TryParseExact(Returned(response), "D", out _));
        Assert.Equal(Returned(response), await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task UseCorrelationId_TwoHeaders_ReplacedByAUuid()
    {
        await using var web = await StartAsync();

        // By hand, because HttpClient makes one line of two values.
        using var client = new TcpClient();
        await client.ConnectAsync(web.Client.BaseAddress!.Host, web.Client.BaseAddress.Port, TestContext.Current.CancellationToken);
        await client.GetStream().WriteAsync(
            "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nX-Correlation-Id: one\r\nX-Correlation-Id: two\r\n\r\n"u8.ToArray(), TestContext.Current.CancellationToken);
        using var reader = new StreamReader(client.GetStream());
        var answer = await reader.ReadToEndAsync(TestContext.Current.CancellationToken);

        var returned = Assert.Single(answer.Split("\r\n"), line => line.StartsWith(CorrelationId.HeaderName, StringComparison.OrdinalIgnoreCase));
        Assert.True(Guid.TryParseExact(returned.Split(": ")[1], "D", out _));
    }

    [Fact]
    public async Task UseCorrelationId_NoHeader_AnotherUuidForEachRequest()
    {
        await using var web = await StartAsync();

        using var first = await web.Client.GetAsync(new Uri("/", UriKind.Relative), TestContext.Current.CancellationToken);
        using var second = await web.Client.GetAsync(new Uri("/", UriKind.Relative), TestContext.Current.CancellationToken);

        Assert.NotEqual(Returned(first), Returned(second));
    }

    [Theory]
    [InlineData("a")]
    [InlineData("A-Z.a_z-0.9")]
    [InlineData("0123456789012345678901234567890123456789012345678901234567890123")]
    public async Task UseCorrelationId_IdOfTheRightForm_KeptInAnswerRequestAndLogLines(string id)
    {
        await using var web = await StartAsync();

        using var response = await SendAsync(web, id);

        Assert.Equal(id, Returned(response));
        Assert.Equal(id, await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        var line = Assert.Single(web.Log.Lines, line => line.Message == "at work");
        Assert.Equal(id, line.Scope["CorrelationId"]);
    }

    [Fact]
    public async Task UseCorrelationId_UnhandledException_ReturnedAllTheSame()
    {
        await using var web = await StartAsync();

        using var request = new HttpRequestMessage(HttpMethod.Get, "/fails") { Headers = { { CorrelationId.HeaderName, "kept" } } };
        using var response = await web.Client.SendAsync(request, TestContext.Current.CancellationToken);

        Assert.Equal(500, (int)response.StatusCode);
        Assert.Equal("kept", Returned(response));
        Assert.Equal("kept", Assert.Single(web.Log.Lines, line => line.Level == LogLevel.Error).Scope["CorrelationId"]);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("ä")]
    [InlineData("a\n")]
    [InlineData("١")]
    public void IsValid_NotOneOfTheLettersAllowed_False(string? value) => Assert.False(CorrelationId.IsValid(value));

    [Fact]
    public void Current_OutsideARequest_IsNull() => Assert.Null(CorrelationId.Current);

    private static Task<TestWeb> StartAsync() => TestWeb.StartAsync(app =>
    {
        app.UseCorrelationId();
        app.UseErrorBodies();
        app.MapGet("/", (HttpContext context, ILogger<CorrelationIdTests> logger) =>
        {
            logger.LogInformation("at work");
            // A proxy hands the request's headers on, so they have to say the same.
            Assert.Equal(CorrelationId.Current, context.Request.Headers[CorrelationId.HeaderName].ToString());
            return CorrelationId.Current;
        });
        app.MapGet("/fails", string () => throw new InvalidOperationException());
    });

    private static Task<HttpResponseMessage> SendAsync(TestWeb web, string id)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, "/");
        Assert.True(request.Headers.TryAddWithoutValidation(CorrelationId.HeaderName, id));
        return web.Client.SendAsync(request, TestContext.Current.CancellationToken);
    }

    private static string Returned(HttpResponseMessage response) => Assert.Single(response.Headers.GetValues(CorrelationId.HeaderName));
}
