using System.Diagnostics.Metrics;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Gateway.Routing;
using Gateway.Sessions;
using Gateway.Tests.Support;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using TestSupport;

namespace Gateway.Tests.Sessions;

/// <summary>A session token on device-registry's paths becomes an access token, and is refused as soon as its session has ended.</summary>
public sealed class SessionExchangeTests : IAsyncLifetime
{
    private const string Path = "/authlance/identity/api/v1/realm/groups/1/devices";

    private readonly ManualClock _clock = new();
    private StubService _identity = null!;
    private StubService _devices = null!;
    private GatewayHost _gateway = null!;
    private int _issued;

    public async ValueTask InitializeAsync()
    {
        _identity = await StubService.StartAsync();
        _devices = await StubService.StartAsync();
        _identity.Handler = context => context.Response.WriteAsJsonAsync(
            new { access_token = $"jwt-{Interlocked.Increment(ref _issued)}", token_type = "Bearer", expires_in = 300 });
        _gateway = StartGateway();
    }

    public async ValueTask DisposeAsync()
    {
        await _gateway.DisposeAsync();
        await _identity.DisposeAsync();
        await _devices.DisposeAsync();
    }

    [Theory]
    [InlineData("")]
    [InlineData("Bearer ")]
    [InlineData("bearer ")]
    public async Task Exchange_SessionToken_ServiceReceivesTheAccessToken(string scheme)
    {
        var token = NewToken();

        using var response = await SendAsync(HttpMethod.Post, Path, $"{scheme}{token}");

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("Bearer jwt-1", Assert.Single(_devices.Requests).Headers["Authorization"]);
        var asked = Assert.Single(_identity.Requests);
        Assert.Equal(("POST", "/internal/auth/token", token, "127.0.0.1"), (asked.Method, asked.Target, asked.Headers["Authorization"], asked.Headers["X-Forwarded-For"]));
        Assert.Equal(_devices.Requests.Single().Headers["X-Correlation-Id"], asked.Headers["X-Correlation-Id"]);
    }

    [Fact]
    public async Task Exchange_CookieOfAGet_IsExchangedAndNotPassedOn()
    {
        using var response = await SendAsync(HttpMethod.Get, Path, authorization: null, cookie: $"loopToken={NewToken()}");

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        var received = Assert.Single(_devices.Requests);
        Assert.Equal("Bearer jwt-1", received.Headers["Authorization"]);
        Assert.False(received.Headers.ContainsKey("Cookie"));
    }

    [Fact]
    public async Task Exchange_CookieOfAPost_IsLeftAlone()
    {
        // A form of a foreign page could send it (CSRF).
        using var response = await SendAsync(HttpMethod.Post, Path, authorization: null, cookie: $"loopToken={NewToken()}");

        Assert.False(Assert.Single(_devices.Requests).Headers.ContainsKey("Authorization"));
        Assert.Empty(_identity.Requests);
    }

    [Theory]
    [InlineData("eyJhbGciOiJFUzI1NiJ9.e30.AAAA")]
    [InlineData("Bearer eyJhbGciOiJFUzI1NiJ9.e30.AAAA")]
    [InlineData("flx_0123456789012345678901234567890123456")] // one character too many
    [InlineData("flx_01234567890123456789012345678901234")] // one too few
    [InlineData("flx_01234567890123456789012345678901234_")]
    [InlineData("FLX_012345678901234567890123456789012345")]
    [InlineData("Bot flx_012345678901234567890123456789012345")]
    [InlineData("Bearer  flx_012345678901234567890123456789012345")]
    public async Task Exchange_AnythingElse_GoesOnUnchanged(string authorization)
    {
        using var response = await SendAsync(HttpMethod.Get, Path, authorization);

        Assert.Equal(authorization, Assert.Single(_devices.Requests).Headers["Authorization"]);
        Assert.Empty(_identity.Requests);
    }

    [Fact]
    public async Task Exchange_AnotherServicesPath_GoesOnUnchanged()
    {
        var token = NewToken();
        using var response = await SendAsync(HttpMethod.Get, "/v1/users/@me", token);

        var received = Assert.Single(_identity.Requests);
        Assert.Equal(("/v1/users/@me", token), (received.Target, received.Headers["Authorization"]));
    }

    [Fact]
    public async Task Exchange_Preflight_AsksNobody()
    {
        using var response = await SendAsync(HttpMethod.Options, Path, NewToken());

        Assert.Empty(_identity.Requests);
        Assert.Single(_devices.Requests);
    }

    [Theory]
    [InlineData(401, 401, "UNAUTHORIZED")]
    [InlineData(403, 403, "FORBIDDEN")]
    [InlineData(400, 503, "SERVICE_UNAVAILABLE")]
    [InlineData(404, 503, "SERVICE_UNAVAILABLE")]
    [InlineData(429, 503, "SERVICE_UNAVAILABLE")]
    [InlineData(500, 503, "SERVICE_UNAVAILABLE")]
    [InlineData(503, 503, "SERVICE_UNAVAILABLE")]
    public async Task Exchange_Refused_AnswersInTheShapeOfDeviceRegistry(int identitySays, int status, string error)
    {
        _identity.Handler = context =>
        {
            context.Response.StatusCode = identitySays;
            return context.Response.WriteAsync("""{"code":"X"}""");
        };

        using var response = await SendAsync(HttpMethod.Get, Path, NewToken());

        await AssertRefusedAsync(response, status, error);
        Assert.Equal(status == 401 ? "Bearer error=\"invalid_token\"" : "", response.Headers.WwwAuthenticate.ToString());
        Assert.Empty(_devices.Requests);
    }

    [Theory]
    [InlineData(401, "unauthorized")]
    [InlineData(403, "forbidden")]
    [InlineData(500, "service_unavailable")]
    public async Task Exchange_Refused_IsMeasuredByItsReason(int identitySays, string reason)
    {
        _identity.Handler = context =>
        {
            context.Response.StatusCode = identitySays;
            return Task.CompletedTask;
        };
        using var metrics = new RequestMetrics(_gateway.Services.GetRequiredService<IMeterFactory>());
        using var request = new HttpRequestMessage(HttpMethod.Get, Path);
        request.Headers.TryAddWithoutValidation("Authorization", NewToken());

        var (_, measured) = await metrics.SendAsync(_gateway.Client, request);

        Assert.Equal(reason, measured);
    }

    [Theory]
    [InlineData("")]
    [InlineData("not json")]
    [InlineData("{}")]
    [InlineData("[]")]
    [InlineData("""{"access_token":null}""")]
    [InlineData("""{"access_token":1}""")]
    public async Task Exchange_AnswerWithoutAToken_IsUnavailable(string body)
    {
        _identity.Handler = context => context.Response.WriteAsync(body);

        using var response = await SendAsync(HttpMethod.Get, Path, NewToken());

        await AssertRefusedAsync(response, 503, "SERVICE_UNAVAILABLE");
    }

    [Fact]
    public async Task Exchange_AnswerTooLarge_IsUnavailable()
    {
        _identity.Handler = context => context.Response.WriteAsJsonAsync(new { access_token = new string('a', TokenEndpoint.MaxAnswerBytes) });

        using var response = await SendAsync(HttpMethod.Get, Path, NewToken());

        await AssertRefusedAsync(response, 503, "SERVICE_UNAVAILABLE");
    }

    [Fact]
    public async Task Exchange_IdentityAuthIsDown_IsUnavailable()
    {
        await _identity.StopAsync();

        using var response = await SendAsync(HttpMethod.Get, Path, NewToken());

        await AssertRefusedAsync(response, 503, "SERVICE_UNAVAILABLE");
    }

    [Fact]
    public async Task Exchange_OneInstanceRefuses_TheOtherIsAsked()
    {
        var gone = await StubService.StartAsync();
        await gone.StopAsync();
        await using var gateway = StartGateway(new() { ["services:identity-auth:http:1"] = gone.Address.ToString() });

        for (var i = 0; i < 20; i++)
        {
            using var response = await SendAsync(HttpMethod.Get, Path, NewToken(), gateway: gateway);
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        }
    }

    [Fact]
    public async Task Exchange_Refusal_IsNotKept()
    {
        var token = NewToken();
        var grant = _identity.Handler;
        _identity.Handler = context =>
        {
            context.Response.StatusCode = 401;
            return Task.CompletedTask;
        };
        using var refused = await SendAsync(HttpMethod.Get, Path, token);
        _identity.Handler = grant;

        using var response = await SendAsync(HttpMethod.Get, Path, token);

        Assert.Equal((HttpStatusCode.Unauthorized, HttpStatusCode.OK), (refused.StatusCode, response.StatusCode));
        Assert.Equal(1, Exchange.Count);
    }

    [Fact]
    public async Task Exchange_Repeated_IsKeptFor30Seconds()
    {
        var token = NewToken();
        await AssertReceivesAsync(token, "Bearer jwt-1");

        _clock.Advance(TimeSpan.FromSeconds(30) - TimeSpan.FromTicks(1));
        await AssertReceivesAsync(token, "Bearer jwt-1");

        _clock.Advance(TimeSpan.FromTicks(1));
        await AssertReceivesAsync(token, "Bearer jwt-2");
    }

    [Fact]
    public async Task Exchange_200InParallel_AskOnce()
    {
        var token = NewToken();
        var release = new TaskCompletionSource();
        var grant = _identity.Handler;
        _identity.Handler = async context =>
        {
            await release.Task;
            await grant(context);
        };

        var calls = Enumerable.Range(0, 200).Select(_ => SendAsync(HttpMethod.Get, Path, token)).ToArray();
        await Eventually.Become(() => !_identity.Requests.IsEmpty, "nobody asked");
        release.SetResult();
        var responses = await Task.WhenAll(calls);

        Assert.All(responses, response => Assert.Equal(HttpStatusCode.OK, response.StatusCode));
        Assert.All(_devices.Requests, request => Assert.Equal("Bearer jwt-1", request.Headers["Authorization"]));
        Assert.Single(_identity.Requests);
        foreach (var response in responses)
        {
            response.Dispose();
        }
    }

    [Fact]
    public async Task Exchange_FirstClientGivesUp_TheSecondGetsItsAnswer()
    {
        var token = NewToken();
        var release = new TaskCompletionSource();
        var grant = _identity.Handler;
        _identity.Handler = async context =>
        {
            await release.Task;
            await grant(context);
        };
        using var patience = new CancellationTokenSource();
        var first = SendAsync(HttpMethod.Get, Path, token, cancellationToken: patience.Token);
        await Eventually.Become(() => !_identity.Requests.IsEmpty, "nobody asked");
        var second = SendAsync(HttpMethod.Get, Path, token);
        await patience.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);

        release.SetResult();
        using var response = await second;

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Single(_identity.Requests);
    }

    [Fact]
    public async Task Exchange_FailsAfterItsOnlyClientHasGivenUp_IsNotKept()
    {
        var token = NewToken();
        var release = new TaskCompletionSource();
        var grant = _identity.Handler;
        _identity.Handler = async context =>
        {
            await release.Task;
            context.Response.StatusCode = 500;
        };
        using var patience = new CancellationTokenSource();
        var call = SendAsync(HttpMethod.Get, Path, token, cancellationToken: patience.Token);
        await Eventually.Become(() => !_identity.Requests.IsEmpty, "nobody asked");
        await patience.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);

        _identity.Handler = grant;
        release.SetResult();

        await Eventually.Become(() => Exchange.Count == 0, "the failure is kept");
        await AssertReceivesAsync(token, "Bearer jwt-1");
    }

    [Fact]
    public async Task Exchange_SessionEnded_IsRefusedAtOnceAndForAMinute()
    {
        var token = NewToken();
        await AssertReceivesAsync(token, "Bearer jwt-1");

        Exchange.Drop(SessionToken.SessionIdOf(token));

        using (var response = await SendAsync(HttpMethod.Get, Path, token))
        {
            await AssertRefusedAsync(response, 401, "UNAUTHORIZED");
        }

        Assert.Single(_identity.Requests);

        // A minute later identity-auth decides again. (The next end makes room.)
        _clock.Advance(RevokedSessions.Memory + TimeSpan.FromTicks(1));
        Exchange.Drop(SessionToken.SessionIdOf(NewToken()));
        await AssertReceivesAsync(token, "Bearer jwt-2");
    }

    [Fact]
    public async Task Exchange_SessionEndsWhileItIsUnderWay_IsRefusedAndNotKept()
    {
        var token = NewToken();
        var release = new TaskCompletionSource();
        var grant = _identity.Handler;
        _identity.Handler = async context =>
        {
            await release.Task;
            await grant(context);
        };
        var call = SendAsync(HttpMethod.Get, Path, token);
        await Eventually.Become(() => !_identity.Requests.IsEmpty, "nobody asked");

        Exchange.Drop(SessionToken.SessionIdOf(token));
        release.SetResult();

        using var response = await call;
        await AssertRefusedAsync(response, 401, "UNAUTHORIZED");
        Assert.Empty(_devices.Requests);
        Assert.Equal(0, Exchange.Count);
    }

    [Fact]
    public async Task Exchange_ManySessions_TakeBoundedRoom()
    {
        await using var gateway = StartGateway(new() { ["Gateway:MaxKeptExchanges"] = "10" });
        for (var i = 0; i < 50; i++)
        {
            using var response = await SendAsync(HttpMethod.Get, Path, NewToken(), gateway: gateway);
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
            Assert.InRange(gateway.Services.GetRequiredService<SessionExchange>().Count, 1, 10);
        }
    }

    [Fact]
    public async Task Exchange_InternalPath_IsNotOpenToClients()
    {
        using var response = await SendAsync(HttpMethod.Post, TokenEndpoint.Path, NewToken());

        Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
        Assert.Empty(_identity.Requests);
        Assert.Null(RouteTable.ServiceOf(TokenEndpoint.Path));
    }

    private SessionExchange Exchange => _gateway.Services.GetRequiredService<SessionExchange>();

    private GatewayHost StartGateway(Dictionary<string, string?>? settings = null)
    {
        var all = settings ?? [];
        all["services:identity-auth:http:0"] = _identity.Address.ToString();
        all["services:device-registry:http:0"] = _devices.Address.ToString();
        return GatewayHost.Start(all, _clock);
    }

    private async Task AssertReceivesAsync(string token, string authorization)
    {
        using var response = await SendAsync(HttpMethod.Get, Path, token);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(authorization, _devices.Requests.Last().Headers["Authorization"]);
    }

    private static async Task AssertRefusedAsync(HttpResponseMessage response, int status, string error)
    {
        Assert.Equal(status, (int)response.StatusCode);
        var body = await response.Content.ReadFromJsonAsync<JsonElement>();
        Assert.Equal(error, body.GetProperty("error").GetString());
        Assert.Equal(response.Headers.GetValues("X-Correlation-Id").Single(), body.GetProperty("requestId").GetString());
        Assert.Equal("no-store", response.Headers.CacheControl!.ToString());
    }

    private static string NewToken() => $"flx_{System.Security.Cryptography.RandomNumberGenerator.GetString("ABCabc012", 36)}";

    private Task<HttpResponseMessage> SendAsync(
        HttpMethod method, string path, string? authorization, string? cookie = null, GatewayHost? gateway = null, CancellationToken cancellationToken = default)
    {
        var request = new HttpRequestMessage(method, path);
        if (authorization is not null)
        {
            request.Headers.TryAddWithoutValidation("Authorization", authorization);
        }

        if (cookie is not null)
        {
            request.Headers.TryAddWithoutValidation("Cookie", cookie);
        }

        return (gateway ?? _gateway).Client.SendAsync(request, cancellationToken);
    }
}
