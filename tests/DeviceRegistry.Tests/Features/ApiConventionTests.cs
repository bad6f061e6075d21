using System.Net;
using System.Net.Http.Headers;
using System.Text;
using DeviceRegistry.Tests.Infrastructure;

namespace DeviceRegistry.Tests.Features;

/// <summary>Contract §1.1, §1.4, and the habits of the published client.</summary>
public sealed class ApiConventionTests(RegistryApp app)
{
    [Theory]
    [InlineData("0")]
    [InlineData("-1")]
    [InlineData("+1")]
    [InlineData("01")]
    [InlineData("1.0")]
    [InlineData("1e3")]
    [InlineData("abc")]
    [InlineData("9007199254740992")]
    [InlineData("99999999999999999999")]
    [InlineData("%31x")]
    public async Task GroupId_NotANumberInRange_BadRequest(string groupId)
    {
        using var response = await app.User().GetAsync($"{RegistryApp.Api}/realm/groups/{groupId}/devices");
        await response.AssertProblemAsync(400, "INVALID_GROUP_ID");
        using var anonymous = await app.Client.GetAsync($"{RegistryApp.Api}/realm/groups/{groupId}/devices", TestContext.Current.CancellationToken);
        await anonymous.AssertProblemAsync(401, "UNAUTHORIZED");
    }

    [Fact]
    public async Task Group_UnknownOrForeign_TheSameForbidden()
    {
        var group = await app.CreateGroupAsync();
        using var foreign = await app.User().GetAsync($"{group.Realm}/devices");
        var one = await foreign.AssertProblemAsync(403, "FORBIDDEN");
        using var unknown = await app.User().GetAsync($"{RegistryApp.Api}/realm/groups/9007199254740991/devices");
        var other = await unknown.AssertProblemAsync(403, "FORBIDDEN");
        Assert.Equal(one.Text("message"), other.Text("message"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("\"x\"")]
    [InlineData("{")]
    [InlineData("{} {}")]
    [InlineData("""{"deviceName":"a","deviceName":"b"}""")]
    [InlineData("""{"deviceName":"a","x":{"y":1,"y":2}}""")]
    [InlineData("""{"x":"\ud800"}""")]
    [InlineData("""{"x":[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]}""")]
    [InlineData("{\"deviceName\":1,}")]
    [InlineData("{/* no comments */}")]
    public async Task Body_NotOneStrictJsonObject_InvalidJson(string json)
    {
        var group = await app.CreateGroupAsync();
        using var response = await (await group.AddMemberAsync()).PostAsync($"{group.Realm}/devices", json);
        await response.AssertProblemAsync(400, "INVALID_JSON");
    }

    [Fact]
    public async Task Body_NotUtf8_InvalidJson()
    {
        var group = await app.CreateGroupAsync();
        var content = new ByteArrayContent([(byte)'{', (byte)'"', 0xff, (byte)'"', (byte)':', (byte)'1', (byte)'}']) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } };
        using var response = await (await group.AddMemberAsync()).PostAsync($"{group.Realm}/devices", content);
        await response.AssertProblemAsync(400, "INVALID_JSON");
    }

    [Fact]
    public async Task Body_DeepestNesting_IsRead()
    {
        var group = await app.CreateGroupAsync();
        using var response = await (await group.AddMemberAsync()).PostAsync($"{group.Realm}/devices", """{"x":[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]}""");
        await response.AssertProblemAsync(400, "VALIDATION_FAILED");
    }

    [Theory]
    [InlineData("text/plain", 415)]
    [InlineData("application/x-www-form-urlencoded", 415)]
    [InlineData("application/json; charset=utf-16", 415)]
    [InlineData(null, 415)]
    [InlineData("application/json", 400)]
    [InlineData("Application/JSON; Charset=UTF-8", 400)]
    public async Task Body_Required_MediaTypeIsChecked(string? mediaType, int status)
    {
        var group = await app.CreateGroupAsync();
        var content = new ByteArrayContent("{}"u8.ToArray());
        content.Headers.TryAddWithoutValidation("Content-Type", mediaType);
        using var response = await (await group.AddMemberAsync()).PostAsync($"{group.Realm}/devices", content);
        await response.AssertProblemAsync(status, status == 415 ? "UNSUPPORTED_MEDIA_TYPE" : "VALIDATION_FAILED");
    }

    [Fact]
    public async Task Body_RequiredAndNothingAtAllSent_UnsupportedMediaType()
    {
        var group = await app.CreateGroupAsync();
        var nothing = new ByteArrayContent([]);
        using var response = await (await group.AddMemberAsync()).PostAsync($"{group.Realm}/devices", nothing);
        await response.AssertProblemAsync(415, "UNSUPPORTED_MEDIA_TYPE");
    }

    [Theory]
    [InlineData("devices", 64 * 1024)]
    [InlineData("secrets", 1024 * 1024)]
    public async Task Body_Size_IsLimitedExactly(string operation, int limit)
    {
        using var scene = await Scene.CreateAsync(app);
        await TooLargeAsync(scene.Administrator, $"{scene.Group.Realm}/{operation}", limit, 400, isChunked: false);
        await TooLargeAsync(scene.Administrator, $"{scene.Group.Realm}/{operation}", limit + 1, 413, isChunked: false);
        await TooLargeAsync(scene.Administrator, $"{scene.Group.Realm}/{operation}", limit, 400, isChunked: true);
        await TooLargeAsync(scene.Administrator, $"{scene.Group.Realm}/{operation}", limit + 1, 413, isChunked: true);
    }

    [Theory]
    [InlineData("keys/rotate")]
    [InlineData("devices/FIRST/revoke")]
    public async Task Body_OfRotations_OneMebibyte(string operation)
    {
        using var scene = await Scene.CreateAsync(app);
        var path = $"{scene.Group.Admin}/{operation.Replace("FIRST", scene.First.Id.ToString(), StringComparison.Ordinal)}";
        await TooLargeAsync(scene.Administrator, path, (1024 * 1024) + 1, 413, isChunked: false);
    }

    [Fact]
    public async Task Body_OfAStranger_IsNotLookedAt()
    {
        var group = await app.CreateGroupAsync();
        using var response = await app.User().PostAsync($"{group.Realm}/devices", "not json");
        await response.AssertProblemAsync(403, "FORBIDDEN");
        using var gone = await group.MemberByClaim().PutAsync($"{group.Realm}/devices/{Guid.NewGuid()}/public-key", "not json");
        await gone.AssertProblemAsync(404, "DEVICE_NOT_FOUND");
    }

    [Fact]
    public async Task NoBodyOperations_WhateverTheClientSends_AreTaken()
    {
        using var scene = await Scene.CreateAsync(app);
        using var device = await scene.RegisterAsync();
        foreach (var (mediaType, text) in new[] { ("application/x-www-form-urlencoded", ""), ("application/json", "{}"), ("application/json", "{broken"), ("text/plain", "x") })
        {
            var request = await device.RequestKeyAsync();
            var content = new ByteArrayContent(Encoding.UTF8.GetBytes(text)) { Headers = { ContentType = new MediaTypeHeaderValue(mediaType) } };
            using var rejected = await scene.Member.PostAsync($"{scene.Group.Realm}/devices/key-requests/{request}/reject", content);
            await rejected.AssertNoContentAsync();
            var beat = new ByteArrayContent(Encoding.UTF8.GetBytes(text)) { Headers = { ContentType = new MediaTypeHeaderValue(mediaType) } };
            using var heard = await scene.Member.PostAsync($"{device.Path}/heartbeat", beat);
            await heard.AssertNoContentAsync();
        }

        using var reset = await scene.Administrator.PostAsync($"{scene.Group.Admin}/secrets/reset");
        await reset.AssertNoContentAsync();
    }

    [Theory]
    [InlineData("http://localhost:8080", true)]
    [InlineData("http://localhost:8081", false)]
    [InlineData("https://localhost:8080", false)]
    [InlineData("null", false)]
    public async Task Cors_ExactOriginWithCredentials(string origin, bool isAllowed)
    {
        var group = await app.CreateGroupAsync();
        using var response = await group.MemberByClaim().SendAsync(HttpMethod.Get, $"{group.Realm}/devices", change: request => request.Headers.Add("Origin", origin));
        Assert.Equal(isAllowed ? [origin] : [], Header(response, "Access-Control-Allow-Origin"));
        Assert.Equal(isAllowed ? ["true"] : [], Header(response, "Access-Control-Allow-Credentials"));
        Assert.Equal(isAllowed, Header(response, "Access-Control-Expose-Headers").Any(value => value.Contains("ETag", StringComparison.Ordinal)));

        // Also where the answer is a refusal: otherwise the page cannot read why.
        using var request = new HttpRequestMessage(HttpMethod.Get, $"{group.Realm}/devices");
        request.Headers.Add("Origin", origin);
        using var refused = await app.Client.SendAsync(request, TestContext.Current.CancellationToken);
        await refused.AssertProblemAsync(401, "UNAUTHORIZED");
        Assert.Equal(isAllowed ? [origin] : [], Header(refused, "Access-Control-Allow-Origin"));
    }

    [Theory]
    [InlineData("POST")]
    [InlineData("PUT")]
    [InlineData("DELETE")]
    public async Task Cors_Preflight_NoTokenNeeded(string method)
    {
        using var request = new HttpRequestMessage(HttpMethod.Options, $"{RegistryApp.Api}/realm/groups/1/devices");
        request.Headers.Add("Origin", RegistryApp.BaseUrl);
        request.Headers.Add("Access-Control-Request-Method", method);
        request.Headers.Add("Access-Control-Request-Headers", "authorization,content-type,if-match,x-device-id");
        using var response = await app.Client.SendAsync(request, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.NoContent, response.StatusCode);
        Assert.Equal([RegistryApp.BaseUrl], Header(response, "Access-Control-Allow-Origin"));
        Assert.Equal(["true"], Header(response, "Access-Control-Allow-Credentials"));
        Assert.Contains(method, string.Join(',', Header(response, "Access-Control-Allow-Methods")), StringComparison.Ordinal);
        Assert.Contains("if-match", string.Join(',', Header(response, "Access-Control-Allow-Headers")), StringComparison.OrdinalIgnoreCase);
    }

    [Theory]
    [InlineData("GET", "/realm/groups/1/nothing", 404, "NOT_FOUND")]
    [InlineData("GET", "/realm/groups/1/devices/", 404, "NOT_FOUND")]
    [InlineData("PATCH", "/realm/groups/1/devices", 405, "METHOD_NOT_ALLOWED")]
    [InlineData("POST", "/realm/groups/1/devices/count", 405, "METHOD_NOT_ALLOWED")]
    public async Task Path_UnknownOrWrongMethod_InTheShapeOfTheApi(string method, string path, int status, string error)
    {
        using var response = await app.User().SendAsync(new HttpMethod(method), RegistryApp.Api + path);
        await response.AssertProblemAsync(status, error);
    }

    [Fact]
    public async Task Options_Anywhere_NoContent()
    {
        using var request = new HttpRequestMessage(HttpMethod.Options, $"{RegistryApp.Api}/whatever");
        using var response = await app.Client.SendAsync(request, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.NoContent, response.StatusCode);
    }

    [Fact]
    public async Task LiteralSegments_AreNoDeviceIds()
    {
        using var scene = await Scene.CreateAsync(app);
        foreach (var (path, member) in new[] { ("count", "max"), ("presence", "onlineCount") })
        {
            using var response = await scene.Member.GetAsync($"{scene.Group.Realm}/devices/{path}");
            Assert.True((await response.AssertJsonAsync(HttpStatusCode.OK)).TryGetProperty(member, out _));
        }
    }

    [Fact]
    public async Task CorrelationId_OfTheClient_IsTheRequestId()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"{RegistryApp.Api}/realm/groups/1/devices");
        request.Headers.Add("X-Correlation-Id", "my-id_1");
        using var response = await app.Client.SendAsync(request, TestContext.Current.CancellationToken);
        Assert.Equal("my-id_1", (await response.AssertProblemAsync(401, "UNAUTHORIZED")).Text("requestId"));
    }

    [Fact]
    public async Task Description_HasEveryOperationWithItsRefusals()
    {
        using var response = await app.Client.GetAsync("/openapi/v1.json", TestContext.Current.CancellationToken);
        var document = await response.AssertJsonAnyTypeAsync();
        var paths = document.GetProperty("paths");
        var rotate = paths.GetProperty($"{RegistryApp.Api}/realm/admin/groups/{{groupId}}/keys/rotate").GetProperty("post");
        Assert.Contains("KEY_VERSION_CONFLICT", rotate.GetProperty("responses").GetProperty("409").Text("description"), StringComparison.Ordinal);
        // It has no filters that would describe it.
        var heartbeat = paths.GetProperty($"{RegistryApp.Api}/realm/groups/{{groupId}}/devices/{{deviceId}}/heartbeat").GetProperty("post");
        Assert.Equal(["204", "400", "401", "403", "404", "429", "503"], heartbeat.GetProperty("responses").Names());
        Assert.Equal(1, heartbeat.GetProperty("security").GetArrayLength());
        var operations = paths.EnumerateObject().SelectMany(path => path.Value.EnumerateObject()).ToList();
        Assert.True(operations.Count >= 40, $"{operations.Count} operations");
        Assert.All(operations, operation => Assert.True(operation.Value.TryGetProperty("summary", out _)));
    }

    /// <summary>OpenAPI 3.1 §4.8.9: a template without its parameter is no valid path, and generators of clients stop there.</summary>
    [Fact]
    public async Task Description_EveryPlaceholder_IsAParameterThatSaysWhatItIs()
    {
        using var response = await app.Client.GetAsync("/openapi/v1.json", TestContext.Current.CancellationToken);
        var document = await response.AssertJsonAnyTypeAsync();
        foreach (var path in document.GetProperty("paths").EnumerateObject())
        {
            var placeholders = path.Name.Split('/').Where(segment => segment.StartsWith('{')).Select(segment => segment.Trim('{', '}')).Order(StringComparer.Ordinal);
            foreach (var operation in path.Value.EnumerateObject())
            {
                var parameters = operation.Value.TryGetProperty("parameters", out var all) ? all.EnumerateArray().Where(one => one.Text("in") == "path").ToList() : [];
                Assert.Equal((path.Name, operation.Name, string.Join(' ', placeholders)), (path.Name, operation.Name, string.Join(' ', parameters.Select(one => one.Text("name")).Order(StringComparer.Ordinal))));
                Assert.All(parameters, one => Assert.True(one.GetProperty("required").GetBoolean() && one.Text("description").Length > 0));
            }
        }
    }

    private static IEnumerable<string> Header(HttpResponseMessage response, string name) => response.Headers.TryGetValues(name, out var values) ? values : [];

    private static async Task TooLargeAsync(TestUser user, string path, int size, int status, bool isChunked)
    {
        var body = new byte[size];
        body.AsSpan().Fill((byte)' ');
        "{}"u8.CopyTo(body);
        HttpContent content = isChunked ? new StreamContent(new MemoryStream(body)) : new ByteArrayContent(body);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        using var response = await user.SendAsync(HttpMethod.Post, path, content, request => request.Headers.TransferEncodingChunked = isChunked);
        Assert.Equal(status, (int)response.StatusCode);
        if (status == 413)
        {
            await response.AssertProblemAsync(413, "PAYLOAD_TOO_LARGE");
        }
    }
}
