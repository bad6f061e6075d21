using System.Net;
using System.Threading.Channels;
using Gateway.Tests.Support;
using Microsoft.AspNetCore.Http;

namespace Gateway.Tests.Forwarding;

public sealed class EventStreamTests : IAsyncLifetime
{
    public static readonly TheoryData<string> Streams = new(
        "/tenants/v1/pairing/status/0f8fad5b-d9cb-469f-a165-70867728950e/events",
        "/authlance/identity/api/v1/realm/groups/7/devices/events?deviceId=1");

    private readonly Channel<string> _events = Channel.CreateUnbounded<string>();
    private StubService _service = null!;
    private GatewayHost _gateway = null!;

    public async ValueTask InitializeAsync()
    {
        _service = await StubService.StartAsync();
        _service.Handler = async context =>
        {
            context.Response.ContentType = "text/event-stream";
            context.Response.Headers.CacheControl = "no-cache, no-transform";
            await context.Response.Body.FlushAsync();
            await foreach (var text in _events.Reader.ReadAllAsync(context.RequestAborted))
            {
                await context.Response.WriteAsync(text);
                await context.Response.Body.FlushAsync();
            }
        };
        _gateway = GatewayHost.StartInFrontOf(_service, new Dictionary<string, string?>
        {
            ["Gateway:RequestTimeout"] = "00:00:00.2",
            ["Gateway:ConcurrentRequestsPerService"] = "1",
            ["Gateway:ConcurrentStreamsPerService"] = "2",
        });
    }

    public async ValueTask DisposeAsync()
    {
        _events.Writer.TryComplete();
        await _gateway.DisposeAsync();
        await _service.DisposeAsync();
    }

    [Theory]
    [MemberData(nameof(Streams))]
    public async Task EventStream_EachByte_ArrivesBeforeTheNextIsSent(string path)
    {
        _events.Writer.TryWrite(":");
        using var response = await OpenAsync(path);
        await using var body = await response.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken);
        Assert.Equal((byte)':', await ReadByteAsync(body));

        foreach (var sent in "retry: 1500\n\ndata: x\n\n")
        {
            _events.Writer.TryWrite(sent.ToString());
            Assert.Equal((byte)sent, await ReadByteAsync(body));
        }

        _events.Writer.Complete();
        Assert.Equal(0, await body.ReadAsync(new byte[1], TestContext.Current.CancellationToken));
    }

    [Theory]
    [MemberData(nameof(Streams))]
    public async Task EventStream_LongerThanTheTimeOfARequest_GoesOn(string path)
    {
        _events.Writer.TryWrite("a");
        using var response = await OpenAsync(path);
        await using var body = await response.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken);
        Assert.Equal((byte)'a', await ReadByteAsync(body));

        // An ordinary request has 0.2 s here: one that begins now is over before the stream's next byte is sent.
        _service.Handler = _ => Task.Delay(Timeout.Infinite, TestContext.Current.CancellationToken);
        using var timedOut = await _gateway.Client.GetAsync(_gateway.AsWritten("/mobile/v1/x"), TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.GatewayTimeout, timedOut.StatusCode);

        _events.Writer.TryWrite("b");
        Assert.Equal((byte)'b', await ReadByteAsync(body));
    }

    [Theory]
    [MemberData(nameof(Streams))]
    public async Task EventStream_HeadersBeforeAnyEvent_ArriveAtOnce(string path)
    {
        using var response = await OpenAsync(path);

        Assert.Equal("text/event-stream", response.Content.Headers.ContentType!.MediaType);
        Assert.True(response.Headers.CacheControl!.NoTransform);
        Assert.Empty(response.Content.Headers.ContentEncoding);
        Assert.False(response.Content.Headers.ContentLength.HasValue);
    }

    [Theory]
    [MemberData(nameof(Streams))]
    public async Task EventStream_MoreThanTheServiceMayHave_AreShedAndRequestsAreNot(string path)
    {
        using var first = await OpenAsync(path);
        using var second = await OpenAsync(path);

        using var third = await OpenAsync(path);

        Assert.Equal(HttpStatusCode.ServiceUnavailable, third.StatusCode);
        Assert.Equal(1, third.Headers.RetryAfter!.Delta!.Value.TotalSeconds);
        _service.Handler = context => context.Response.WriteAsync("ok");
        Assert.Equal("ok", await _gateway.Client.GetStringAsync(_gateway.AsWritten("/tenants/v1/x"), TestContext.Current.CancellationToken));
        first.Dispose();
        await Eventually.Become(
            async () =>
            {
                using var another = await OpenAsync(path);
                return another.StatusCode == HttpStatusCode.OK;
            },
            "a stream that ended leaves its place");
    }

    [Theory]
    [MemberData(nameof(Streams))]
    public async Task EventStream_ClientGone_TheServiceIsTold(string path)
    {
        var told = new TaskCompletionSource();
        var open = _service.Handler;
        _service.Handler = context =>
        {
            context.RequestAborted.Register(() => told.TrySetResult());
            return open(context);
        };
        var response = await OpenAsync(path);

        response.Dispose();

        await told.Task.WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);
    }

    [Theory]
    [MemberData(nameof(Streams))]
    public async Task EventStream_LastEventIdAndAccept_ArriveAtTheService(string path)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, _gateway.AsWritten(path));
        request.Headers.Add("Last-Event-ID", "1733000000000-3");
        request.Headers.Add("Accept", "application/json, text/plain, */*");

        using var response = await _gateway.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);

        var arrived = Assert.Single(_service.Requests);
        Assert.Equal("1733000000000-3", arrived.Headers["Last-Event-ID"]);
        Assert.Equal("application/json, text/plain, */*", arrived.Headers["Accept"]);
    }

    private static async Task<byte> ReadByteAsync(Stream body)
    {
        var one = new byte[64];
        var read = await body.ReadAsync(one, TestContext.Current.CancellationToken);
        Assert.Equal(1, read);
        return one[0];
    }

    private Task<HttpResponseMessage> OpenAsync(string path)
        => _gateway.Client.GetAsync(_gateway.AsWritten(path), HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken)
            .WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);
}
