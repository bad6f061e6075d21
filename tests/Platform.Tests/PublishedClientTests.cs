using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using TestSupport;

namespace Platform.Tests;

/// <summary>The habits of device-registry's published client (its contract §1.1), through the gateway: it must not stumble over any of them.</summary>
public sealed class PublishedClientTests : IAsyncLifetime
{
    private StackAddress stack = null!;
    private HttpClient client = null!;
    private Member administrator = null!;
    private Member ada = null!;
    private string name = "";
    private long group;

    public async ValueTask InitializeAsync()
    {
        stack = (await BackingServers.GetAsync()).Stack;
        client = Caller.New(stack.Gateway);
        administrator = new Member(client, stack.Tokens, "administrator", roles: ["sysadmin"]);
        ada = new Member(client, stack.Tokens, $"ada-{Guid.NewGuid():N}");
        name = $"family-{Guid.NewGuid():N}";
        group = await administrator.CreateGroupAsync(ada.Identity, name);
    }

    public ValueTask DisposeAsync()
    {
        client.Dispose();
        return ValueTask.CompletedTask;
    }

    /// <summary>The generated client sends its token without scheme, and form's media type with no bytes where an operation has no body.</summary>
    [Fact]
    public async Task Heartbeat_BareTokenAndEmptyForm_NoContent()
    {
        var device = await ada.RegisterAsync(group);

        using var response = await SendAsync(HttpMethod.Post, $"realm/groups/{group}/devices/{device}/heartbeat", EmptyForm());

        Assert.Equal((HttpStatusCode.NoContent, ""), (response.StatusCode, await response.Content.ReadAsStringAsync()));
        Assert.Empty(response.Headers.TransferEncoding);
    }

    [Fact]
    public async Task Revoke_EmptyObject_IsNoRotation()
    {
        var device = await ada.RegisterAsync(group);
        using var response = await administrator.SendAsync(HttpMethod.Post, $"{Member.Api}/realm/admin/groups/{group}/devices/{device}/revoke", new { });
        Assert.Equal(HttpStatusCode.NoContent, response.StatusCode);
        using var reset = await administrator.SendAsync(HttpMethod.Post, $"{Member.Api}/realm/admin/groups/{group}/secrets/reset", EmptyForm());
        Assert.Equal(HttpStatusCode.NoContent, reset.StatusCode);
    }

    [Theory]
    [InlineData("d%2F1")]
    [InlineData("d%252F1")]
    [InlineData("d 1")]
    public async Task GetDevice_EncodedIdOfOneSegment_IsAnUnknownOne(string id)
    {
        using var response = await SendAsync(HttpMethod.Get, $"realm/groups/{group}/devices/{id}");
        Assert.Equal(("DEVICE_NOT_FOUND", HttpStatusCode.NotFound), (await ErrorAsync(response), response.StatusCode));
    }

    [Fact]
    public async Task EventStream_CookieOriginAndAcceptOfABrowser_IsAStreamWithExactOrigin()
    {
        var origin = new UriBuilder(stack.Gateway) { Host = "localhost" }.Uri.GetLeftPart(UriPartial.Authority);
        using var request = new HttpRequestMessage(HttpMethod.Get, $"{Member.Api}/realm/groups/{group}/devices/events");
        request.Headers.Add("Cookie", $"loopToken={stack.Tokens.Sign(ada.Identity)}");
        request.Headers.Add("Origin", origin);
        request.Headers.Accept.ParseAdd("application/json, text/plain, */*");

        using var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);

        Assert.Equal((HttpStatusCode.OK, "text/event-stream"), (response.StatusCode, response.Content.Headers.ContentType?.ToString()));
        Assert.Equal(origin, response.Headers.GetValues("Access-Control-Allow-Origin").Single());
        Assert.Equal("true", response.Headers.GetValues("Access-Control-Allow-Credentials").Single());
    }

    [Fact]
    public async Task EventStream_NothingHappens_PingsArrive()
    {
        await using var stream = await ada.OpenStreamAsync(group);
        await stream.NextAsync("connected");
        await stream.NextPingAsync();
    }

    /// <summary>A DELETE with a body, and what it does to a stream that is open.</summary>
    [Fact]
    public async Task RemoveMember_DeleteWithBody_EndsHisStreamAndHisDevice()
    {
        var device = await ada.RegisterAsync(group);
        await using var stream = await ada.OpenStreamAsync(group);
        await stream.NextAsync("connected");

        using var response = await administrator.SendAsync(
            HttpMethod.Delete, $"{Member.Api}/realm/admin/group/{name}/members", new { identity = ada.Identity, group = name });

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("membership_removed", (await stream.NextAsync("stream_closed")).GetProperty("reason").GetString());
        using var refused = await ada.SendAsync(HttpMethod.Get, $"{Member.Api}/realm/groups/{group}/devices");
        Assert.Equal(("FORBIDDEN", HttpStatusCode.Forbidden), (await ErrorAsync(refused), refused.StatusCode));
        var left = Assert.Single(await administrator.ListDevicesAsync(group));
        Assert.Equal((device, "revoked"), (left.GetProperty("deviceId").GetGuid(), left.GetProperty("status").GetString()));
    }

    private static ByteArrayContent EmptyForm() => new([]) { Headers = { ContentType = new MediaTypeHeaderValue("application/x-www-form-urlencoded") } };

    private static async Task<string?> ErrorAsync(HttpResponseMessage response)
        => (await response.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("error").GetString();

    private async Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, HttpContent? content = null)
    {
        using var request = new HttpRequestMessage(method, new Uri(stack.Gateway, $"{Member.Api}/{path}")) { Content = content };
        request.Headers.TryAddWithoutValidation("Authorization", stack.Tokens.Sign(ada.Identity));
        return await client.SendAsync(request);
    }
}
