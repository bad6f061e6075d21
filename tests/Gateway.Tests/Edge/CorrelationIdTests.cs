using Gateway.Tests.Support;

namespace Gateway.Tests.Edge;

public sealed class CorrelationIdTests(Platform platform) : IClassFixture<Platform>
{
    public static readonly TheoryData<string> Fitting = new("a", "A.b_c-1", new string('x', 64));

    public static readonly TheoryData<string?> Unfitting = new(null, "", " ", new string('x', 65), "a b", "a/b", "a,b", "\u00e9", "a\u0001b", "{guid}");

    [Theory]
    [MemberData(nameof(Fitting))]
    public async Task CorrelationId_Fitting_GoesToServiceAndBack(string id)
    {
        var (arrived, returned) = await SendAsync("/mobile/v1/x", id);

        Assert.Equal(id, arrived);
        Assert.Equal(id, returned);
    }

    [Theory]
    [MemberData(nameof(Unfitting))]
    public async Task CorrelationId_MissingOrUnfitting_IsReplacedByAUuid(string? id)
    {
        var (arrived, returned) = await SendAsync("/mobile/v1/x", id);

        Assert.True(Guid.TryParseExact(arrived, "D", out _));
        Assert.Equal(arrived, returned);
    }

    [Theory]
    [InlineData("/mobile/v1/x")]
    [InlineData("/nothing")]
    [InlineData("/health")]
    [InlineData("/alive")]
    [InlineData("/docs/index.html")]
    [InlineData("/openapi/nothing.json")]
    public async Task CorrelationId_OnEveryAnswer_StandsOnce(string path)
    {
        var (_, returned) = await SendAsync(path, "my-id");

        Assert.Equal("my-id", returned);
    }

    [Fact]
    public async Task CorrelationId_SentTwice_IsReplaced()
    {
        var answer = RawAnswer.Parse(await RawHttp.SendAsync(
            platform.Gateway.Address,
            "GET /nothing HTTP/1.1\r\nHost: h\r\nConnection: close\r\nX-Correlation-Id: a\r\nX-Correlation-Id: b\r\n\r\n"));

        Assert.True(Guid.TryParseExact(answer.Headers["X-Correlation-Id"], "D", out _));
    }

    private async Task<(string? Arrived, string Returned)> SendAsync(string path, string? id)
    {
        var service = platform["pairing"];
        service.Requests.Clear();
        // As services do, which return the id themselves.
        service.Handler = context =>
        {
            context.Response.Headers["X-Correlation-Id"] = context.Request.Headers["X-Correlation-Id"];
            return Task.CompletedTask;
        };
        var field = id is null ? string.Empty : $"X-Correlation-Id: {id}\r\n";
        var answer = RawAnswer.Parse(await RawHttp.SendAsync(platform.Gateway.Address, $"GET {path} HTTP/1.1\r\nHost: h\r\nConnection: close\r\n{field}\r\n"));
        return (service.Requests.SingleOrDefault()?.Headers["X-Correlation-Id"], answer.Headers["X-Correlation-Id"]);
    }
}
