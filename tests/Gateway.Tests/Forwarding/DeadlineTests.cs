using System.Net;
using Gateway.Tests.Support;
using Microsoft.AspNetCore.Http;

namespace Gateway.Tests.Forwarding;

public sealed class DeadlineTests : IAsyncLifetime
{
    /// <summary>Long enough for an answer to begin on a machine that does other things too.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    private StubService _service = null!;
    private GatewayHost _gateway = null!;

    public async ValueTask InitializeAsync()
    {
        _service = await StubService.StartAsync();
        _gateway = GatewayHost.StartInFrontOf(_service, new Dictionary<string, string?> { ["Gateway:RequestTimeout"] = "00:00:00.3" });
    }

    public async ValueTask DisposeAsync()
    {
        await _gateway.DisposeAsync();
        await _service.DisposeAsync();
    }

    [Theory]
    [InlineData("/mobile/v1/x", 504)]
    [InlineData("/v1/auth/x", 504)]
    [InlineData("/authlance/identity/x", 504)]
    [InlineData("/scope/x", 503)]
    [InlineData("/scope-signing/key", 503)]
    public async Task Deadline_ServiceSilent_IsAnsweredAndTheServiceIsTold(string path, int status)
    {
        var told = new TaskCompletionSource();
        _service.Handler = async context =>
        {
            context.RequestAborted.Register(() => told.TrySetResult());
            await told.Task;
        };

        using var response = await _gateway.Client.GetAsync(_gateway.AsWritten(path), TestContext.Current.CancellationToken);

        Assert.Equal(status, (int)response.StatusCode);
        await told.Task.WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task Deadline_AnswerBegunButNotFinished_ConnectionIsBrokenOff()
    {
        var release = new TaskCompletionSource();
        _service.Handler = async context =>
        {
            context.Response.ContentLength = 10;
            await context.Response.WriteAsync("12345");
            await context.Response.Body.FlushAsync();
            await release.Task;
        };

        await using var gateway = StartPatient();
        using var response = await gateway.Client.GetAsync(
            gateway.AsWritten("/mobile/v1/x"), HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        var brokenOff = await Record.ExceptionAsync(() => response.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken));
        Assert.True(brokenOff is HttpRequestException or IOException, brokenOff?.ToString());
        release.SetResult();
    }

    [Fact]
    public async Task Deadline_OfAnEarlierRequest_DoesNotReachALaterOne()
    {
        _service.Handler = context => context.Response.WriteAsync("ok");
        await using var gateway = StartPatient();

        // More requests, over a longer time than one deadline, through the same pooled deadlines.
        for (var i = 0; i < 50; i++)
        {
            Assert.Equal("ok", await gateway.Client.GetStringAsync(gateway.AsWritten("/mobile/v1/x"), TestContext.Current.CancellationToken));
            await Task.Delay(Patience / 40, TestContext.Current.CancellationToken);
        }
    }

    [Fact]
    public async Task ClientGone_WhileTheServiceWorks_TheServiceIsTold()
    {
        var told = new TaskCompletionSource();
        _service.Handler = async context =>
        {
            context.RequestAborted.Register(() => told.TrySetResult());
            await told.Task;
        };
        await using var gateway = GatewayHost.StartInFrontOf(_service);
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        var request = gateway.Client.GetAsync(gateway.AsWritten("/mobile/v1/x"), cancel.Token);
        await Eventually.Become(() => !_service.Requests.IsEmpty, "the request is at work");

        await cancel.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => request);
        await told.Task.WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);
    }

    private GatewayHost StartPatient()
        => GatewayHost.StartInFrontOf(_service, new Dictionary<string, string?> { ["Gateway:RequestTimeout"] = Patience.ToString() });
}
