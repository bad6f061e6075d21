using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Reflection;
using System.Text;
using System.Text.Json;
using MassTransit;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;
using RabbitMQ.Client.Exceptions;
using ServiceDefaults.Http;
using ServiceDefaults.Tests.Infrastructure;
using StackExchange.Redis;
using TestSupport;

namespace ServiceDefaults.Tests.Http;

public sealed class ErrorBodiesTests
{
    private const string Secret = "s3cr3t-exception-text";

    private static readonly Dictionary<string, Func<Exception>> Exceptions = new(StringComparer.Ordinal)
    {
        ["bug"] = () => new InvalidOperationException(Secret),
        ["unique violation"] = () => Postgres(PostgresErrorCodes.UniqueViolation),
        ["syntax error"] = () => Postgres(PostgresErrorCodes.SyntaxError),
        ["redis wrong type"] = () => Redis<RedisServerException>($"WRONGTYPE {Secret}"),
        ["redis bad command"] = () => Redis<RedisServerException>($"ERR {Secret}"),
        ["null reference of ours"] = () => Redis<NullReferenceException>(Secret),
        ["another service's 404"] = () => new HttpRequestException(Secret, null, HttpStatusCode.NotFound),
        ["postgres unreachable"] = () => new NpgsqlException(Secret, new SocketException((int)SocketError.ConnectionRefused)),
        ["postgres silent"] = () => new NpgsqlException(Secret, new TimeoutException()),
        ["postgres starting"] = () => Postgres(PostgresErrorCodes.CannotConnectNow),
        ["postgres stopping"] = () => Postgres(PostgresErrorCodes.AdminShutdown),
        ["postgres full"] = () => Postgres(PostgresErrorCodes.TooManyConnections),
        ["statement timeout"] = () => Postgres(PostgresErrorCodes.QueryCanceled),
        ["lock timeout"] = () => Postgres(PostgresErrorCodes.LockNotAvailable),
        ["deadlock"] = () => Postgres(PostgresErrorCodes.DeadlockDetected),
        ["serialization failure"] = () => Postgres(PostgresErrorCodes.SerializationFailure),
        ["standby"] = () => Postgres(PostgresErrorCodes.ReadOnlySqlTransaction),
        ["redis unreachable"] = () => Redis<RedisConnectionException>(ConnectionFailureType.UnableToConnect, Secret),
        ["redis loading"] = () => Redis<RedisServerException>($"LOADING {Secret}"),
        ["redis cannot save"] = () => Redis<RedisServerException>($"MISCONF {Secret}"),
        ["redis not signed in to yet"] = () => Redis<RedisServerException>($"NOAUTH {Secret}"),
        ["redis not signed in to yet, long command"] = () => Redis<RedisServerException>($"ERR Protocol error: unauthenticated multibulk length {Secret}"),
        ["redis client in a race with itself"] = () => From("StackExchange.Redis", Redis<NullReferenceException>(Secret)),
        ["redis just started"] = () => Redis<RedisServerException>($"NOSCRIPT {Secret}"),
        ["timeout"] = () => new TimeoutException(Secret),
        ["time limit of our own"] = () => new OperationCanceledException(Secret),
        ["broker unreachable"] = () => new BrokerUnreachableException(new SocketException((int)SocketError.ConnectionRefused)),
        ["broker closed"] = () => new AlreadyClosedException(new RabbitMQ.Client.Events.ShutdownEventArgs(RabbitMQ.Client.ShutdownInitiator.Peer, 320, Secret)),
        ["bus unreachable"] = () => new RabbitMqConnectionException(Secret),
        ["returned"] = () => new MessageReturnedException(Secret),
        ["another service unreachable"] = () => new HttpRequestException(HttpRequestError.ConnectionError, Secret),
        ["wrapped"] = () => new InvalidOperationException(Secret, new NpgsqlException(Secret, new IOException())),
        ["one of several"] = () => new AggregateException(new InvalidOperationException(Secret), new TimeoutException(Secret)),
    };

    public static TheoryData<string> Faults => ["bug", "unique violation", "syntax error", "redis wrong type", "redis bad command", "null reference of ours", "another service's 404"];

    public static TheoryData<string> Outages => [.. Exceptions.Keys.Except(Faults.Select(row => row.Data), StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Faults))]
    public async Task Exception_FaultOfOurs_500WithoutItsTextAndLoggedOnce(string kind)
    {
        await using var web = await StartAsync();

        using var response = await web.Client.GetAsync(new Uri($"/throw?kind={kind}", UriKind.Relative), TestContext.Current.CancellationToken);

        var body = await AssertErrorAsync(response, 500, "internal_server_error");
        Assert.DoesNotContain(Secret, body, StringComparison.Ordinal);
        Assert.Null(response.Headers.RetryAfter);
        var line = Assert.Single(web.Log.Lines, line => line.Level >= LogLevel.Warning);
        Assert.Equal(LogLevel.Error, line.Level);
        Assert.NotNull(line.Exception);
        Assert.Equal(Assert.Single(response.Headers.GetValues(CorrelationId.HeaderName)), line.Scope["CorrelationId"]);
    }

    [Theory]
    [MemberData(nameof(Outages))]
    public async Task Exception_DependencyAway_503WithRetryAfterAndAWarning(string kind)
    {
        await using var web = await StartAsync();

        using var response = await web.Client.GetAsync(new Uri($"/throw?kind={kind}", UriKind.Relative), TestContext.Current.CancellationToken);

        var body = await AssertErrorAsync(response, 503, "service_unavailable");
        Assert.DoesNotContain(Secret, body, StringComparison.Ordinal);
        Assert.InRange(response.Headers.RetryAfter!.Delta!.Value.TotalSeconds, 1, 5);
        Assert.Equal(LogLevel.Warning, Assert.Single(web.Log.Lines, line => line.Level >= LogLevel.Warning).Level);
    }

    [Fact]
    public async Task Exception_PostgresReallyAway_503()
    {
        var servers = await BackingServers.GetAsync();
        var server = new NpgsqlConnectionStringBuilder(servers.Postgres);
        await using var proxy = new TcpProxy(server.Host!, server.Port);
        server.Host = "127.0.0.1";
        server.Port = proxy.Port;
        await using var web = await StartAsync(builder => builder.AddNpgsqlDataSource("db"), ("ConnectionStrings:db", server.ConnectionString));
        using var before = await web.Client.GetAsync(new Uri("/postgres", UriKind.Relative), TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.OK, before.StatusCode);

        proxy.Cut();
        using var pooled = await web.Client.GetAsync(new Uri("/postgres", UriKind.Relative), TestContext.Current.CancellationToken);
        using var fresh = await web.Client.GetAsync(new Uri("/postgres", UriKind.Relative), TestContext.Current.CancellationToken);

        await AssertErrorAsync(pooled, 503, "service_unavailable");
        await AssertErrorAsync(fresh, 503, "service_unavailable");
    }

    [Fact]
    public async Task Exception_RedisReallyAway_503AndBackAgain()
    {
        var servers = await BackingServers.GetAsync();
        var options = ConfigurationOptions.Parse(servers.Redis);
        var endPoint = options.EndPoints[0].ToString()!.Replace("Unspecified/", "", StringComparison.Ordinal).Split(':');
        await using var proxy = new TcpProxy(endPoint[0], int.Parse(endPoint[1], CultureInfo.InvariantCulture));
        await using var web = await StartAsync(
            builder => builder.AddRedisClient("redis"),
            ("ConnectionStrings:redis", $"127.0.0.1:{proxy.Port},password={options.Password},connectTimeout=500,syncTimeout=500"));
        using var before = await web.Client.GetAsync(new Uri("/redis", UriKind.Relative), TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.OK, before.StatusCode);

        proxy.Cut();
        await Eventually.BecomesTrueAsync(
            async () =>
            {
                using var during = await web.Client.GetAsync(new Uri("/redis", UriKind.Relative));
                Assert.Contains((int)during.StatusCode, new[] { 200, 503 });
                return during.StatusCode == HttpStatusCode.ServiceUnavailable;
            },
            "the outage is noticed");
        proxy.Restore();

        await Eventually.BecomesTrueAsync(
            async () =>
            {
                using var after = await web.Client.GetAsync(new Uri("/redis", UriKind.Relative));
                return after.StatusCode == HttpStatusCode.OK;
            },
            "Redis is back");
    }

    [Fact]
    public async Task Refusal_UnknownPath_404() => await AssertErrorAsync(await SendAsync(HttpMethod.Get, "/nowhere"), 404, "not_found");

    [Fact]
    public async Task Refusal_WrongMethod_405AndAllowKept()
    {
        using var response = await SendAsync(HttpMethod.Delete, "/json");

        await AssertErrorAsync(response, 405, "method_not_allowed");
        Assert.Equal(["POST"], response.Content.Headers.Allow);
    }

    [Fact]
    public async Task Refusal_WrongMediaType_415()
    {
        using var content = new StringContent("a", Encoding.UTF8, "text/plain");
        await AssertErrorAsync(await SendAsync(HttpMethod.Post, "/json", content), 415, "unsupported_media_type");
    }

    [Theory]
    [InlineData("Production")]
    [InlineData("Development")]
    public async Task Refusal_BrokenJson_400InEveryEnvironment(string environment)
    {
        await using var web = await StartAsync(builder => builder.Environment.EnvironmentName = environment);
        using var content = new StringContent("{", Encoding.UTF8, "application/json");

        using var response = await web.Client.PostAsync(new Uri("/json", UriKind.Relative), content, TestContext.Current.CancellationToken);

        await AssertErrorAsync(response, 400, "bad_request");
        Assert.DoesNotContain(web.Log.Lines, line => line.Level >= LogLevel.Warning);
    }

    [Fact]
    public async Task Refusal_BodyOneByteTooLarge_413AndTheLimitItselfPasses()
    {
        await using var web = await StartAsync();
        using var tooLarge = new ByteArrayContent(new byte[101]);
        using var largest = new ByteArrayContent(new byte[100]);

        using var refused = await web.Client.PostAsync(new Uri("/small", UriKind.Relative), tooLarge, TestContext.Current.CancellationToken);
        using var accepted = await web.Client.PostAsync(new Uri("/small", UriKind.Relative), largest, TestContext.Current.CancellationToken);

        await AssertErrorAsync(refused, 413, null);
        Assert.Equal(HttpStatusCode.OK, accepted.StatusCode);
    }

    [Theory]
    [InlineData("/nowhere", 404)]
    [InlineData("/throw?kind=bug", 500)]
    public async Task Head_Error_HeadersOfTheGetWithoutItsBody(string path, int status)
    {
        await using var web = await StartAsync();
        using var get = await web.Client.GetAsync(new Uri(path, UriKind.Relative), TestContext.Current.CancellationToken);
        using var request = new HttpRequestMessage(HttpMethod.Head, path);
        using var head = await web.Client.SendAsync(request, TestContext.Current.CancellationToken);

        Assert.Equal(status, (int)head.StatusCode);
        Assert.Equal(get.Content.Headers.ContentType, head.Content.Headers.ContentType);
        Assert.Equal(get.Content.Headers.ContentLength, head.Content.Headers.ContentLength);
        Assert.Empty(await head.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Exception_AnswerHalfSent_ConnectionIsResetAndLoggedOnce()
    {
        await using var web = await StartAsync();

        await Assert.ThrowsAsync<HttpRequestException>(
            () => web.Client.GetStringAsync(new Uri("/half", UriKind.Relative), TestContext.Current.CancellationToken));

        Assert.Single(web.Log.Lines, line => line.Level >= LogLevel.Warning);
    }

    [Fact]
    public async Task Exception_ClientGone_IsNoError()
    {
        var arrived = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var ended = new TaskCompletionSource<int>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var web = await TestWeb.StartAsync(app =>
        {
            app.Use(async (context, next) =>
            {
                await next(context);
                ended.TrySetResult(context.Response.StatusCode);
            });
            app.UseCorrelationId();
            app.UseErrorBodies();
            app.MapGet("/waits", async (CancellationToken aborted) =>
            {
                arrived.SetResult();
                await Task.Delay(Timeout.Infinite, aborted);
            });
        });
        using var client = new CancellationTokenSource();

        var request = web.Client.GetAsync(new Uri("/waits", UriKind.Relative), client.Token);
        await arrived.Task;
        await client.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => request);

        Assert.Equal(499, await ended.Task.WaitAsync(Eventually.Limit, TestContext.Current.CancellationToken));
        Assert.DoesNotContain(web.Log.Lines, line => line.Level >= LogLevel.Warning);
    }

    [Fact]
    public async Task Exception_HeadersSetBefore_ThoseOfTheFailedAnswerGoAndTheOthersStay()
    {
        using var response = await SendAsync(HttpMethod.Get, "/headers");

        await AssertErrorAsync(response, 500, "internal_server_error");
        Assert.False(response.Headers.Contains("Set-Cookie"));
        Assert.False(response.Headers.Contains("ETag"));
        Assert.Equal("no-store", response.Headers.CacheControl!.ToString());
        Assert.Equal("7", Assert.Single(response.Headers.GetValues("X-RateLimit-Remaining")));
    }

    [Fact]
    public async Task Refusal_WithABodyOfItsOwn_LeftAlone()
    {
        using var response = await SendAsync(HttpMethod.Get, "/own");

        Assert.Equal(409, (int)response.StatusCode);
        Assert.Equal("mine", await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }

    [Theory]
    [InlineData("/empty/204", 204)]
    [InlineData("/empty/302", 302)]
    public async Task Answer_EmptyAndNoError_LeftAlone(string path, int status)
    {
        using var response = await SendAsync(HttpMethod.Get, path);

        Assert.Equal(status, (int)response.StatusCode);
        Assert.Empty(await response.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Refusal_EmptyWith503_GetsBodyAndRetryAfter()
    {
        using var response = await SendAsync(HttpMethod.Get, "/empty/503");

        await AssertErrorAsync(response, 503, "service_unavailable");
        Assert.InRange(response.Headers.RetryAfter!.Delta!.Value.TotalSeconds, 1, 5);
    }

    [Fact]
    public async Task Refusal_ServiceWithAShapeOfItsOwn_WrittenInIt()
    {
        await using var web = await StartAsync(builder => builder.Services.AddSingleton<IErrorBodyWriter, FamilyWriter>());

        using var response = await web.Client.GetAsync(new Uri("/throw?kind=timeout", UriKind.Relative), TestContext.Current.CancellationToken);

        Assert.Equal(503, (int)response.StatusCode);
        Assert.NotNull(response.Headers.RetryAfter);
        Assert.Equal("family 503", await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }

    // Its constructors are internal in the older client.
    private static Exception Redis<TException>(params object[] arguments)
        where TException : Exception
        => (Exception)Activator.CreateInstance(
            typeof(TException), BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic, null, arguments, CultureInfo.InvariantCulture)!;

    private static Exception From(string assembly, Exception exception)
    {
        exception.Source = assembly;
        return exception;
    }

    private static PostgresException Postgres(string state) => new(Secret, "ERROR", "ERROR", state);

    private static Task<TestWeb> StartAsync(Action<WebApplicationBuilder>? configure = null, params (string, string)[] settings)
        => TestWeb.StartAsync(
            app =>
            {
                app.UseCorrelationId();
                app.UseErrorBodies();
                app.MapGet("/throw", string (string kind) => throw Exceptions[kind]());
                app.MapMethods("/throw", ["HEAD"], string (string kind) => throw Exceptions[kind]());
                app.MapPost("/json", (JsonElement body) => body.ToString());
                app.MapPost("/small", async (HttpRequest request) =>
                {
                    using var reader = new StreamReader(request.Body);
                    return (await reader.ReadToEndAsync()).Length;
                }).WithMetadata(new RequestSizeLimitAttribute(100));
                app.MapGet("/half", async (HttpResponse response) =>
                {
                    await response.WriteAsync("half");
                    await response.Body.FlushAsync();
                    throw new InvalidOperationException(Secret);
                });
                app.MapGet("/headers", string (HttpResponse response) =>
                {
                    response.Cookies.Append("session", "1");
                    response.Headers.ETag = "\"1\"";
                    response.Headers.CacheControl = "public, max-age=300";
                    response.Headers["X-RateLimit-Remaining"] = "7";
                    throw new InvalidOperationException(Secret);
                });
                app.MapGet("/own", () => Results.Text("mine", statusCode: 409));
                app.MapGet("/empty/{status:int}", (int status) => Results.StatusCode(status));
                app.MapGet("/postgres", async ([FromServices] NpgsqlDataSource source) =>
                {
                    await using var command = source.CreateCommand("SELECT 1");
                    return (int)(await command.ExecuteScalarAsync())!;
                });
                app.MapGet("/redis", async ([FromServices] IConnectionMultiplexer redis) => (await redis.GetDatabase().StringGetAsync("no-such-key")).HasValue);
            },
            configure,
            settings);

    private static async Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, HttpContent? content = null)
    {
        await using var web = await StartAsync();
        using var request = new HttpRequestMessage(method, path) { Content = content };
        return await web.Client.SendAsync(request, TestContext.Current.CancellationToken);
    }

    private static async Task<string> AssertErrorAsync(HttpResponseMessage response, int status, string? code)
    {
        Assert.Equal(status, (int)response.StatusCode);
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType!.ToString());
        var body = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        var problem = JsonDocument.Parse(body).RootElement;
        Assert.Equal(status, problem.GetProperty("status").GetInt32());
        Assert.Equal(code ?? problem.GetProperty("error").GetString(), problem.GetProperty("error").GetString());
        Assert.Equal("about:blank", problem.GetProperty("type").GetString());
        Assert.NotEmpty(problem.GetProperty("title").GetString()!);
        Assert.NotEmpty(problem.GetProperty("detail").GetString()!);
        return body;
    }

    private sealed class FamilyWriter : IErrorBodyWriter
    {
        public Task WriteAsync(HttpContext context, int status) => context.Response.WriteAsync($"family {status}");
    }
}
