using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Gateway.Tests.Support;
using Microsoft.AspNetCore.Http;

namespace Gateway.Tests.Forwarding;

/// <summary>Two instances of a service, and what happens when one is not well.</summary>
public sealed class InstanceTests : IAsyncLifetime
{
    private StubService _one = null!;
    private StubService _other = null!;
    private GatewayHost _gateway = null!;

    public async ValueTask InitializeAsync()
    {
        _one = await NamedAsync("one");
        _other = await NamedAsync("other");
        // Slow probes: what a test sees is the passive side unless it says otherwise.
        _gateway = Start("01:00:00");
    }

    public async ValueTask DisposeAsync()
    {
        await _gateway.DisposeAsync();
        await _one.DisposeAsync();
        await _other.DisposeAsync();
    }

    [Fact]
    public async Task Instances_BothWell_ShareTheRequests()
    {
        var seen = new ConcurrentBag<string>();

        await Task.WhenAll(Enumerable.Range(0, 100).Select(async _ => seen.Add(await GetAsync(_gateway))));

        Assert.Equal(["one", "other"], seen.Distinct().Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("GET", null)]
    [InlineData("POST", null)]
    [InlineData("POST", "a body")]
    [InlineData("PUT", "a body")]
    [InlineData("DELETE", null)]
    public async Task Instance_RefusesTheConnection_RequestGoesToTheOther(string method, string? body)
    {
        await GetAsync(_gateway);
        await _one.StopAsync();

        for (var i = 0; i < 30; i++)
        {
            using var request = new HttpRequestMessage(new HttpMethod(method), _gateway.AsWritten("/mobile/v1/x"));
            request.Content = body is null ? null : new StringContent(body);
            using var response = await _gateway.Client.SendAsync(request, TestContext.Current.CancellationToken);
            Assert.Equal((HttpStatusCode.OK, "other"), (response.StatusCode, await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)));
        }

        Assert.All(_other.Requests.Where(request => request.Method == method).TakeLast(30), request => Assert.Equal(body ?? string.Empty, Encoding.UTF8.GetString(request.Body)));
    }

    [Fact]
    public async Task Instance_ChunkedBodyAfterRefusedConnection_ArrivesAtTheOther()
    {
        await _one.StopAsync();

        for (var i = 0; i < 10; i++)
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, _gateway.AsWritten("/mobile/v1/x")) { Content = new StringContent("a body") };
            request.Headers.TransferEncodingChunked = true;
            using var response = await _gateway.Client.SendAsync(request, TestContext.Current.CancellationToken);
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        }

        Assert.All(_other.Requests, request => Assert.Equal("a body"u8, request.Body));
    }

    /// <summary>A request that an instance has seen may have had its effect; sending it again could have it twice.</summary>
    [Theory]
    [InlineData("POST", null)]
    [InlineData("POST", "a body")]
    [InlineData("PUT", "a body")]
    [InlineData("DELETE", null)]
    [InlineData("PATCH", null)]
    public async Task Instance_DiesAfterTheRequestArrived_ItIsNotSentAgain(string method, string? body)
    {
        // Connections are warm, so that the client library would take the end of one for an idle connection closed too late.
        for (var i = 0; i < 10; i++)
        {
            await GetAsync(_gateway);
        }

        Forget();
        _one.Handler = _other.Handler = context =>
        {
            context.Abort();
            return Task.CompletedTask;
        };
        using var request = new HttpRequestMessage(new HttpMethod(method), _gateway.AsWritten("/mobile/v1/x"));
        request.Content = body is null ? null : new StringContent(body);

        using var response = await _gateway.Client.SendAsync(request, TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
        Assert.Equal(1, _one.Requests.Count + _other.Requests.Count);
    }

    /// <summary>
    /// The same with an end of the connection (FIN) as a killed process leaves it, on a connection that was used before: HTTP
    /// libraries like to take that for an idle connection that the server closed, and to send the request once more.
    /// </summary>
    [Theory]
    [InlineData("POST")]
    [InlineData("DELETE")]
    [InlineData("PUT")]
    [InlineData("PATCH")]
    [InlineData("BREW")]
    public async Task Instance_EndsAUsedConnectionAfterTheRequest_ItIsNotSentAgain(string method)
    {
        var arrived = new ConcurrentQueue<string>();
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        _ = Task.Run(async () =>
        {
            while (true)
            {
                _ = ServeAsync(await listener.AcceptTcpClientAsync(TestContext.Current.CancellationToken));
            }
        }, TestContext.Current.CancellationToken);
        await using var gateway = GatewayHost.Start(new Dictionary<string, string?>
        {
            ["services:pairing:http:0"] = $"http://{listener.LocalEndpoint}",
            ["Gateway:HealthInterval"] = "01:00:00",
        });
        Assert.Equal(string.Empty, await GetAsync(gateway));

        var answer = await RawHttp.SendAsync(gateway.Address, $"{method} /mobile/v1/x HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");

        Assert.Equal(503, RawHttp.StatusOf(answer));
        Assert.Equal(method, Assert.Single(arrived, seen => seen != "GET"));

        async Task ServeAsync(TcpClient client)
        {
            using var connection = client;
            var buffer = new byte[64 * 1024];
            while (true)
            {
                var read = await client.GetStream().ReadAsync(buffer, TestContext.Current.CancellationToken);
                if (read == 0)
                {
                    return;
                }

                var seen = Encoding.ASCII.GetString(buffer, 0, read).Split(' ')[0];
                arrived.Enqueue(seen);
                if (seen != "GET")
                {
                    return;
                }

                await client.GetStream().WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"u8.ToArray(), TestContext.Current.CancellationToken);
            }
        }
    }

    [Fact]
    public async Task Instance_AnswersWithAnError_TheErrorIsTheAnswer()
    {
        _one.Handler = _other.Handler = context =>
        {
            context.Response.StatusCode = 503;
            return context.Response.WriteAsync("mine");
        };

        using var response = await _gateway.Client.GetAsync(_gateway.AsWritten("/mobile/v1/x"), TestContext.Current.CancellationToken);

        Assert.Equal("mine", await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        Assert.Equal(1, _one.Requests.Count + _other.Requests.Count);
    }

    [Fact]
    public async Task Instances_AllRefuse_ServiceIsUnavailable()
    {
        await _one.StopAsync();
        await _other.StopAsync();

        using var response = await _gateway.Client.GetAsync(_gateway.AsWritten("/mobile/v1/x"), TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
        Assert.Equal(1, response.Headers.RetryAfter!.Delta!.Value.TotalSeconds);
    }

    [Fact]
    public async Task Instance_AnswersNonsense_ServiceIsUnavailable()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var answering = Task.Run(async () =>
        {
            while (true)
            {
                using var client = await listener.AcceptTcpClientAsync(TestContext.Current.CancellationToken);
                await client.GetStream().WriteAsync("nonsense\r\n\r\n"u8.ToArray(), TestContext.Current.CancellationToken);
            }
        }, TestContext.Current.CancellationToken);
        await using var gateway = GatewayHost.Start(new Dictionary<string, string?> { ["services:pairing:http:0"] = $"http://{listener.LocalEndpoint}" });

        using var response = await gateway.Client.GetAsync(gateway.AsWritten("/mobile/v1/x"), TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
        Assert.False(answering.IsCompletedSuccessfully);
    }

    [Fact]
    public async Task Instance_Unhealthy_IsTakenOutAndBack()
    {
        await using var gateway = Start("00:00:00.1");
        _one.IsHealthy = false;

        await Eventually.Become(() => OnlyAsync(gateway, "other"), "the unhealthy instance is out");
        _one.IsHealthy = true;
        await Eventually.Become(async () => await GetAsync(gateway) == "one", "the instance is back");
    }

    [Fact]
    public async Task Instance_Restarted_IsBack()
    {
        await using var gateway = Start("00:00:00.1");
        await _one.StopAsync();
        await Eventually.Become(() => OnlyAsync(gateway, "other"), "the dead instance is out");

        await using var again = await NamedAsync("again", _one.Port);

        await Eventually.Become(async () => await GetAsync(gateway) == "again", "the instance is back");
    }

    [Fact]
    public async Task Instances_AllUnhealthy_AreUsedAllTheSame()
    {
        await using var gateway = Start("00:00:00.1");
        _one.IsHealthy = false;
        _other.IsHealthy = false;
        await Eventually.Become(
            async () => (await gateway.Client.GetAsync(gateway.AsWritten("/health"), TestContext.Current.CancellationToken)).StatusCode == HttpStatusCode.ServiceUnavailable,
            "the gateway knows");

        Assert.Contains(await GetAsync(gateway), new[] { "one", "other" });
    }

    private static async Task<StubService> NamedAsync(string name, int port = 0)
    {
        var stub = await StubService.StartAsync(port);
        stub.Handler = context => context.Response.WriteAsync(name);
        return stub;
    }

    private static Task<string> GetAsync(GatewayHost gateway)
        => gateway.Client.GetStringAsync(gateway.AsWritten("/mobile/v1/x"), TestContext.Current.CancellationToken);

    private static async Task<bool> OnlyAsync(GatewayHost gateway, string name)
    {
        for (var i = 0; i < 20; i++)
        {
            if (await GetAsync(gateway) != name)
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>The only instance: a request that is at work there ends, and those that come later are refused at once.</summary>
    [Fact]
    public async Task Instance_StandsStill_RequestsDoNotWaitForTheirTime()
    {
        var goesOn = new TaskCompletionSource();
        var arrived = new TaskCompletionSource();
        await using var gateway = GatewayHost.StartInFrontOf(_one, new Dictionary<string, string?> { ["Gateway:HealthTimeout"] = "00:00:00.2" });
        _one.Handler = context =>
        {
            arrived.TrySetResult();
            return goesOn.Task;
        };
        var atWork = gateway.Client.PostAsync(gateway.AsWritten("/mobile/v1/x"), new StringContent("a body"), TestContext.Current.CancellationToken);
        await arrived.Task;

        _one.StandsStill = goesOn.Task;
        using var ended = await atWork;
        using var refused = await gateway.Client.GetAsync(gateway.AsWritten("/mobile/v1/x"), TestContext.Current.CancellationToken);
        _one.Handler = context => context.Response.WriteAsync("one");
        goesOn.SetResult();
        await Eventually.Become(
            async () =>
            {
                using var answer = await gateway.Client.GetAsync(gateway.AsWritten("/mobile/v1/x"), TestContext.Current.CancellationToken);
                return answer.StatusCode == HttpStatusCode.OK;
            },
            "the instance is used again");

        Assert.Equal((HttpStatusCode.GatewayTimeout, HttpStatusCode.ServiceUnavailable), (ended.StatusCode, refused.StatusCode));
        Assert.All([ended, refused], answer => Assert.NotNull(answer.Headers.RetryAfter));
    }

    private GatewayHost Start(string healthInterval) => GatewayHost.Start(new Dictionary<string, string?>
    {
        ["services:pairing:http:0"] = _one.Address.ToString(),
        ["services:pairing:http:1"] = _other.Address.ToString(),
        ["Gateway:HealthInterval"] = healthInterval,
    });

    private void Forget()
    {
        _one.Requests.Clear();
        _other.Requests.Clear();
    }
}
