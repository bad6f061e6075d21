using System.IO.Compression;
using System.Net;
using Aspire.Hosting.Local.Dashboard.Otlp;
using static AppHost.Tests.Dashboard.DashboardServer;

namespace AppHost.Tests.Dashboard;

public sealed class OtlpReceiverTests
{
    private static readonly byte[] TraceId = OtlpRequests.Id(0xAB, 16);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("/v1/traces", null)]
    [InlineData("/v1/logs", "")]
    [InlineData("/v1/logs", "wrong")]
    [InlineData("/v1/metrics", "KEY-OF-THE-TEST")]
    public async Task Export_WrongKey_Answers401AndKeepsNothing(string path, string? key)
    {
        await using var server = await StartAsync();

        using var answer = await server.ExportAsync(path, OtlpRequests.Log("pairing", "hello"), request =>
        {
            request.Headers.Remove("x-otlp-api-key");
            if (key is not null)
            {
                request.Headers.TryAddWithoutValidation("x-otlp-api-key", key);
            }
        });

        Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
        await AssertNothingKeptAsync(server);
    }

    [Theory]
    [InlineData("application/json", null)]
    [InlineData("text/plain", null)]
    [InlineData(null, null)]
    [InlineData("application/x-protobuf", "br")]
    [InlineData("application/x-protobuf", "gzip, gzip")]
    public async Task Export_OtherMediaTypeOrEncoding_Answers415AndKeepsNothing(string? mediaType, string? encoding)
    {
        await using var server = await StartAsync();

        using var answer = await server.ExportAsync("/v1/logs", OtlpRequests.Log("pairing", "hello"), request =>
        {
            request.Content!.Headers.ContentType = mediaType is null ? null : new(mediaType);
            if (encoding is not null)
            {
                request.Content.Headers.TryAddWithoutValidation("Content-Encoding", encoding);
            }
        });

        Assert.Equal(HttpStatusCode.UnsupportedMediaType, answer.StatusCode);
        Assert.Equal("application/x-protobuf", answer.Content.Headers.ContentType?.MediaType);
        await AssertNothingKeptAsync(server);
    }

    [Theory]
    [InlineData("/v1/traces")]
    [InlineData("/v1/logs")]
    [InlineData("/v1/metrics")]
    public async Task Export_Malformed_Answers400AndKeepsNothing(string path)
    {
        await using var server = await StartAsync();
        // A good record first: what stands before the fault must not be kept either.
        byte[] malformed = [.. OtlpRequests.Log("pairing", "good"), 0x0A, 0x7F, 0x01];
        byte[] notGzip = [1, 2, 3];

        using var first = await server.ExportAsync(path, malformed);
        using var second = await server.ExportAsync(path, notGzip, request => request.Content!.Headers.ContentEncoding.Add("gzip"));

        Assert.Equal(HttpStatusCode.BadRequest, first.StatusCode);
        Assert.Equal(HttpStatusCode.BadRequest, second.StatusCode);
        await AssertNothingKeptAsync(server);
    }

    [Fact]
    public async Task Export_ValuesNestedTooDeeply_Answers400()
    {
        await using var server = await StartAsync();

        using var allowed = await server.ExportAsync("/v1/logs", OtlpRequests.Envelope("pairing", "x", [new Message().Embedded(5, Nested(OtlpValues.MaxDepth - 1))]));
        using var refused = await server.ExportAsync("/v1/logs", OtlpRequests.Envelope("pairing", "x", [new Message().Embedded(5, Nested(OtlpValues.MaxDepth))]));

        Assert.Equal(HttpStatusCode.OK, allowed.StatusCode);
        Assert.Equal(HttpStatusCode.BadRequest, refused.StatusCode);

        static Message Nested(int levels) => levels == 0
            ? new Message().Text(1, "end")
            : new Message().Embedded(5, new Message().Embedded(1, Nested(levels - 1)));
    }

    [Theory]
    [InlineData(0, HttpStatusCode.OK)]
    [InlineData(1, HttpStatusCode.RequestEntityTooLarge)]
    public async Task Export_BodyAtTheLimit_IsTheLastAllowed(int more, HttpStatusCode status)
    {
        await using var server = await StartAsync();
        // An unknown field fills the message up to the byte: tag, a length of 4 bytes, content.
        var body = new Message().Bytes(9, new byte[OtlpEndpoints.MaxBodyBytes - 5 + more]).ToArray();
        Assert.Equal(OtlpEndpoints.MaxBodyBytes + more, body.Length);

        using var answer = await server.ExportAsync("/v1/logs", body);

        Assert.Equal(status, answer.StatusCode);
    }

    [Theory]
    [InlineData(0, HttpStatusCode.OK)]
    [InlineData(1, HttpStatusCode.RequestEntityTooLarge)]
    public async Task Export_GzipThatUnfoldsToTheLimit_IsTheLastAllowed(int more, HttpStatusCode status)
    {
        await using var server = await StartAsync();
        var body = Gzip(new Message().Bytes(9, new byte[OtlpEndpoints.MaxUncompressedBytes - 5 + more]).ToArray());

        using var answer = await server.ExportAsync("/v1/logs", body, request => request.Content!.Headers.ContentEncoding.Add("gzip"));

        Assert.Equal(status, answer.StatusCode);
    }

    [Theory]
    [InlineData("GET", "/v1/logs", HttpStatusCode.MethodNotAllowed)]
    [InlineData("POST", "/v1/profiles", HttpStatusCode.NotFound)]
    [InlineData("GET", "/", HttpStatusCode.NotFound)]
    [InlineData("GET", "/api/logs", HttpStatusCode.NotFound)]
    public async Task Receiver_OtherRequest_IsRefused(string method, string path, HttpStatusCode status)
    {
        await using var server = await StartAsync();
        using var request = new HttpRequestMessage(new HttpMethod(method), new Uri(server.Host.OtlpUrl, path));

        using var answer = await server.Anonymous.SendAsync(request, Cancellation);

        Assert.Equal(status, answer.StatusCode);
    }

    [Fact]
    public async Task Pages_ExportSentThere_IsNotTaken()
    {
        await using var server = await StartAsync();
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(server.Host.Url, "/v1/logs")) { Content = new ByteArrayContent([]) };
        request.Headers.Add("x-otlp-api-key", Key);

        using var answer = await server.Anonymous.SendAsync(request, Cancellation);

        Assert.Equal(HttpStatusCode.Redirect, answer.StatusCode);
    }

    [Fact]
    public async Task Traces_SpanWithoutIds_IsRejectedAndTheRestKept()
    {
        await using var server = await StartAsync();

        using var answer = await server.ExportAsync("/v1/traces", OtlpRequests.Envelope("pairing", "x",
        [
            OtlpRequests.Span(TraceId, OtlpRequests.Id(1, 8), "good"),
            OtlpRequests.Span(new byte[16], OtlpRequests.Id(2, 8), "trace id zero"),
            OtlpRequests.Span(OtlpRequests.Id(1, 15), OtlpRequests.Id(2, 8), "trace id short"),
            OtlpRequests.Span(TraceId, new byte[8], "span id zero"),
        ]));

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal(3, await RejectedAsync(answer));
        using var client = await server.LogInAsync();
        var trace = await JsonAsync(client, $"/api/traces/{Convert.ToHexStringLower(TraceId)}");
        Assert.Equal(["good"], trace.GetProperty("spans").EnumerateArray().Select(span => span.GetProperty("name").GetString()));
    }

    [Fact]
    public async Task Metrics_KindsThatAreNotKept_AreRejectedAndCounted()
    {
        await using var server = await StartAsync();
        var now = DateTimeOffset.UtcNow;
        var twoPoints = new Message().Embedded(1, new Message().Fixed64(3, 1)).Embedded(1, new Message().Fixed64(3, 2));

        using var answer = await server.ExportAsync("/v1/metrics", OtlpRequests.Envelope("pairing", "meter",
        [
            new Message().Text(1, "exponential").Embedded(10, twoPoints),
            new Message().Text(1, "summary").Embedded(11, twoPoints),
            OtlpRequests.Gauge("not.a.number", now, double.NaN),
            OtlpRequests.Histogram("bounds.do.not.fit", now, [1, 2], [1, 2], 3),
            OtlpRequests.Histogram("bounds.do.not.rise", now, [2, 1], [1, 2, 3], 3),
            OtlpRequests.Gauge("good", now, 1),
        ]));

        Assert.Equal(7, await RejectedAsync(answer));
        using var client = await server.LogInAsync();
        var instruments = (await JsonAsync(client, "/api/metrics"))[0].GetProperty("meters")[0].GetProperty("instruments");
        Assert.Equal("good", Assert.Single(instruments.EnumerateArray()).GetProperty("name").GetString());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(ulong.MaxValue)]
    public async Task Export_ImpossibleTimes_AreKeptAndShown(ulong time)
    {
        await using var server = await StartAsync();
        var now = DateTimeOffset.UtcNow;
        var metric = new Message().Text(1, "requests").Embedded(7, new Message().Embedded(1, new Message().Fixed64(3, time).Double(4, 1)).Varint(3, 1));
        var later = new Message().Text(1, "requests").Embedded(7, new Message().Embedded(1, new Message().Fixed64(3, ulong.MaxValue - 1).Double(4, 9)).Varint(3, 1));
        var span = new Message().Bytes(1, TraceId).Bytes(2, OtlpRequests.Id(1, 8)).Fixed64(7, time).Fixed64(8, 0);

        using var metrics = await server.ExportAsync("/v1/metrics", OtlpRequests.Envelope("pairing", "meter", [OtlpRequests.Counter("requests", now, 5), metric, later]));
        using var traces = await server.ExportAsync("/v1/traces", OtlpRequests.Envelope("pairing", "x", [span]));
        using var logs = await server.ExportAsync("/v1/logs", OtlpRequests.Envelope("pairing", "x", [new Message().Fixed64(1, time)]));

        using var client = await server.LogInAsync();
        foreach (var path in new[] { "/api/metrics/chart?resource=pairing&meter=meter&instrument=requests", "/api/traces", $"/api/traces/{Convert.ToHexStringLower(TraceId)}", "/api/logs" })
        {
            await JsonAsync(client, path);
        }
    }

    [Fact]
    public async Task Metrics_NoRecordedValue_IsNoPointAndNoRejection()
    {
        await using var server = await StartAsync();
        var ended = new Message().Text(1, "gone").Embedded(5, new Message().Embedded(1, new Message().Fixed64(3, 1).Varint(8, 1)));

        using var answer = await server.ExportAsync("/v1/metrics", OtlpRequests.Envelope("pairing", "meter", [ended]));

        Assert.Empty(await answer.Content.ReadAsByteArrayAsync(Cancellation));
        await AssertNothingKeptAsync(server);
    }

    [Fact]
    public async Task Logs_Gzip_IsUnfolded()
    {
        await using var server = await StartAsync();

        using var answer = await server.ExportAsync("/v1/logs", Gzip(OtlpRequests.Log("pairing", "folded")), request => request.Content!.Headers.ContentEncoding.Add("gzip"));

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal("application/x-protobuf", answer.Content.Headers.ContentType?.MediaType);
        Assert.Empty(await answer.Content.ReadAsByteArrayAsync(Cancellation));
        using var client = await server.LogInAsync();
        Assert.Equal("folded", (await JsonAsync(client, "/api/logs")).GetProperty("records")[0].GetProperty("message").GetString());
    }

    [Fact]
    public async Task Logs_ResourceAfterItsRecords_IsFoundAllTheSame()
    {
        await using var server = await StartAsync();
        // The order of fields on the wire is free.
        var scope = new Message().Embedded(2, OtlpRequests.LogRecord("hello")).Embedded(1, new Message().Text(1, "late"));
        var body = new Message().Embedded(1, new Message().Embedded(2, scope).Embedded(1, new Message().Attribute(1, "service.name", "pairing"))).ToArray();

        using var answer = await server.ExportAsync("/v1/logs", body);

        using var client = await server.LogInAsync();
        var record = (await JsonAsync(client, "/api/logs")).GetProperty("records")[0];
        Assert.Equal("pairing", record.GetProperty("resource").GetString());
        Assert.Equal("late", record.GetProperty("category").GetString());
    }

    [Fact]
    public async Task Logs_AnyValue_BecomesText()
    {
        await using var server = await StartAsync();
        Message Value(Message value) => new Message().Text(1, "key").Embedded(2, value);
        var record = new Message()
            .Embedded(6, Value(new Message().Varint(2, 1)))
            .Embedded(6, Value(new Message().Varint(3, unchecked((ulong)-5L))))
            .Embedded(6, Value(new Message().Double(4, 0.25)))
            .Embedded(6, Value(new Message().Embedded(5, new Message().Embedded(1, new Message().Text(1, "a")).Embedded(1, new Message().Varint(3, 2)))))
            .Embedded(6, Value(new Message().Embedded(6, new Message().Embedded(1, new Message().Text(1, "k").Embedded(2, new Message().Varint(2, 0))))))
            .Embedded(6, Value(new Message().Bytes(7, [1, 2, 3])))
            .Embedded(6, Value(new Message()));

        using var answer = await server.ExportAsync("/v1/logs", OtlpRequests.Envelope("pairing", "x", [record]));

        using var client = await server.LogInAsync();
        var attributes = (await JsonAsync(client, "/api/logs/1")).GetProperty("attributes").EnumerateArray().Select(one => one.GetProperty("value").GetString());
        Assert.Equal(["true", "-5", "0.25", "[\"a\",2]", "{\"k\":false}", "AQID", ""], attributes);
    }

    [Theory]
    [InlineData(OtlpValues.MaxTextLength, false)]
    [InlineData(OtlpValues.MaxTextLength + 1, true)]
    public async Task Logs_LongText_IsCutAtTheLimit(int length, bool isCut)
    {
        await using var server = await StartAsync();

        using var answer = await server.ExportAsync("/v1/logs", OtlpRequests.Log("pairing", new string('x', length)));

        using var client = await server.LogInAsync();
        var message = (await JsonAsync(client, "/api/logs/1")).GetProperty("message").GetString()!;
        Assert.Equal(isCut, message.EndsWith("… (1 more characters)", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Logs_WithoutServiceName_ComeFromUnknownService()
    {
        await using var server = await StartAsync();
        var body = new Message().Embedded(1, new Message().Embedded(2, new Message().Embedded(2, OtlpRequests.LogRecord("hello")))).ToArray();

        using var answer = await server.ExportAsync("/v1/logs", body);

        using var client = await server.LogInAsync();
        Assert.Equal("unknown_service", (await JsonAsync(client, "/api/logs")).GetProperty("records")[0].GetProperty("resource").GetString());
    }

    [Theory]
    [InlineData("/api/logs?level=25")]
    [InlineData("/api/logs?level=x")]
    [InlineData("/api/logs?limit=0")]
    [InlineData("/api/logs?limit=1001")]
    [InlineData("/api/logs?trace=xyz")]
    [InlineData("/api/logs?trace=00000000000000000000000000000000")]
    [InlineData("/api/logs?span=1")]
    [InlineData("/api/logs?attr=nothing")]
    [InlineData("/api/logs?attr==x")]
    [InlineData("/api/traces?type=other")]
    [InlineData("/api/traces?limit=x")]
    [InlineData("/api/metrics/chart?minutes=0")]
    [InlineData("/api/metrics/chart?minutes=721")]
    public async Task Query_FilterThatCannotBeRead_Answers400(string path)
    {
        await using var server = await StartAsync();
        using var client = await server.LogInAsync();

        using var answer = await client.GetAsync(path, Cancellation);

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
    }

    [Theory]
    [InlineData("/api/logs/1")]
    [InlineData("/api/logs/-1")]
    [InlineData("/api/logs/x")]
    [InlineData("/api/logs/9223372036854775807")]
    [InlineData("/api/traces/abc")]
    [InlineData("/api/traces/abababababababababababababababab")]
    [InlineData("/api/metrics/chart?resource=pairing&meter=m&instrument=i")]
    public async Task Query_Unknown_Answers404(string path)
    {
        await using var server = await StartAsync();
        using var client = await server.LogInAsync();

        using var answer = await client.GetAsync(path, Cancellation);

        Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
    }

    [Theory]
    [InlineData("", 4)]
    [InlineData("level=13", 2)]
    [InlineData("level=17", 1)]
    [InlineData("resource=pairing", 3)]
    [InlineData("resource=gateway", 1)]
    [InlineData("resource=other", 0)]
    [InlineData("text=SECOND", 1)]
    [InlineData("text=category", 4)]
    [InlineData("trace=abababababababababababababababab", 1)]
    [InlineData("attr=user%3Djane", 2)]
    [InlineData("attr=user%3Djan", 0)]
    [InlineData("attr=user~an", 2)]
    [InlineData("attr=user%3Djane&attr=step%3D2", 1)]
    [InlineData("before=3", 2)]
    [InlineData("limit=1", 1)]
    public async Task Logs_Filters_GiveWhatMatches(string query, int count)
    {
        await using var server = await StartAsync();
        using var first = await server.ExportAsync("/v1/logs", OtlpRequests.Envelope("pairing", "Category",
        [
            OtlpRequests.LogRecord("first").Attribute(6, "user", "jane").Attribute(6, "step", "1"),
            OtlpRequests.LogRecord("second", severity: 13, TraceId).Attribute(6, "user", "jane").Attribute(6, "step", "2"),
            OtlpRequests.LogRecord("third", severity: 17),
        ]));
        using var other = await server.ExportAsync("/v1/logs", OtlpRequests.Log("gateway", "fourth"));
        using var client = await server.LogInAsync();

        var page = await JsonAsync(client, $"/api/logs?{query}");

        Assert.Equal(count, page.GetProperty("records").GetArrayLength());
        Assert.Equal(4, page.GetProperty("kept").GetInt32());
    }

    private static async Task AssertNothingKeptAsync(DashboardServer server)
    {
        using var client = await server.LogInAsync();
        Assert.Equal(0, (await JsonAsync(client, "/api/logs")).GetProperty("kept").GetInt32());
        Assert.Equal(0, (await JsonAsync(client, "/api/traces")).GetProperty("kept").GetInt32());
        Assert.Equal(0, (await JsonAsync(client, "/api/metrics")).GetArrayLength());
    }

    /// <summary><c>partial_success.rejected_…</c> of an answer.</summary>
    private static async Task<long> RejectedAsync(HttpResponseMessage answer)
    {
        var bytes = await answer.Content.ReadAsByteArrayAsync(Cancellation);
        return Read(bytes);

        static long Read(byte[] bytes)
        {
            var reader = new ProtobufReader(bytes);
            Assert.True(reader.TryReadField(out var field, out _));
            Assert.Equal(1, field);
            var partial = reader.ReadMessage();
            Assert.True(partial.TryReadField(out field, out _));
            Assert.Equal(1, field);
            var rejected = (long)partial.ReadVarint();
            Assert.True(partial.TryReadField(out field, out _));
            Assert.Equal(2, field);
            Assert.NotEmpty(partial.ReadString());
            return rejected;
        }
    }

    private static byte[] Gzip(byte[] body)
    {
        using var buffer = new MemoryStream();
        using (var gzip = new GZipStream(buffer, CompressionLevel.Fastest))
        {
            gzip.Write(body);
        }

        return buffer.ToArray();
    }
}
