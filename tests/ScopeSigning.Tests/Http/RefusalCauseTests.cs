using System.Diagnostics.Metrics;
using System.Net.Http.Headers;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using ScopeSigning.Tests.Support;
using TestSupport;

namespace ScopeSigning.Tests.Http;

/// <summary>A caller is told <c>auth-error</c> whatever check failed; whoever watches the metrics is told which.</summary>
public sealed class RefusalCauseTests(ScopeSigningHost host) : IDisposable
{
    private readonly RequestMetrics metrics = new(host.Services.GetRequiredService<IMeterFactory>());

    public void Dispose() => metrics.Dispose();

    [Fact]
    public async Task Refused_Token_IsMeasuredByTheCheckThatFailed()
    {
        var (person, _) = await new Api(host).RegisterAsync();
        var fresh = new Identity();
        var foreign = fresh.Token();
        var used = person.Token(new { devtoken = "device-1" });
        var path = $"/key/{person.Sub}";

        Assert.Equal((400, "bad-request"), await PostAsync(path, "no token"));
        Assert.Equal((401, "token-header"), await PostAsync(path, person.Token(header: """{"alg":"HS256","typ":"JWT"}""")));
        Assert.Equal((401, "token-header"), await PostAsync(path, person.Token(header: """{"alg":"EdDSA","typ":"other"}""")));
        Assert.Equal((401, "token-signature"), await PostAsync(path, person.Token()[..^4] + "AAAA"));
        Assert.Equal((401, "token-time"), await PostAsync(path, person.Token(now: DateTimeOffset.UtcNow.AddHours(-2))));
        Assert.Equal((401, "token-audience"), await PostAsync(path, person.Token(new { aud = "https://elsewhere.example" })));
        Assert.Equal((401, "token-purpose"), await PostAsync("/key", fresh.Token(new { scope = "email" })));
        Assert.Equal((401, "token-subject"), await PostAsync(path, foreign));
        Assert.Equal((200, null), await PostAsync(path, used));
        Assert.Equal((401, "token-replayed"), await PostAsync(path, used));
        Assert.Equal((404, "unknown-key"), await PostAsync($"/key/{fresh.Sub}", foreign));
    }

    private async Task<(int Status, string? Reason)> PostAsync(string path, string token)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path);
        request.Content = new ByteArrayContent(Encoding.UTF8.GetBytes(token)) { Headers = { ContentType = new MediaTypeHeaderValue("application/jwt") } };
        return await metrics.SendAsync(host.Client, request);
    }
}
