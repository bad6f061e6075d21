using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using ServiceDefaults.Http;
using ServiceDefaults.Tests.Infrastructure;

namespace ServiceDefaults.Tests.Http;

public sealed class TrustedProxiesTests
{
    private const string Claimed = "203.0.113.5";

    [Theory]
    [InlineData(null, "127.0.0.1", true)]
    [InlineData(null, "127.9.9.9", true)]
    [InlineData(null, "::1", true)]
    [InlineData(null, "::ffff:127.0.0.1", true)]
    [InlineData(null, "10.0.0.1", false)]
    [InlineData("", "10.0.0.1", false)]
    [InlineData("10.0.0.0/24", "10.0.0.255", true)]
    [InlineData("10.0.0.0/24", "10.0.1.0", false)]
    [InlineData("10.0.0.0/24", "::ffff:10.0.0.1", true)]
    [InlineData(" 10.0.0.7 , 2001:db8::/32 ", "10.0.0.7", true)]
    [InlineData(" 10.0.0.7 , 2001:db8::/32 ", "2001:db8:1::1", true)]
    [InlineData(" 10.0.0.7 , 2001:db8::/32 ", "10.0.0.8", false)]
    public async Task ForwardedFor_OfAPeer_IsBelievedWhenItIsLoopbackOrListed(string? setting, string peer, bool believed)
    {
        await using var web = await TestWeb.StartAsync(
            app =>
            {
                app.Use((context, next) =>
                {
                    context.Connection.RemoteIpAddress = IPAddress.Parse(peer);
                    return next(context);
                });
                app.UseForwardedHeaders();
                app.MapGet("/", (HttpContext context) => context.Connection.RemoteIpAddress!.ToString());
            },
            builder => builder.Services.Configure<ForwardedHeadersOptions>(forwarded =>
            {
                // As ASPNETCORE_FORWARDEDHEADERS_ENABLED leaves them.
                forwarded.KnownIPNetworks.Clear();
                forwarded.KnownProxies.Clear();
                TrustedProxies.Configure(forwarded, setting);
            }));
        using var request = new HttpRequestMessage(HttpMethod.Get, "/");
        request.Headers.Add("X-Forwarded-For", $"198.51.100.1, {Claimed}");

        using var response = await web.Client.SendAsync(request, TestContext.Current.CancellationToken);

        Assert.Equal(believed ? Claimed : peer, await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }

    [Theory]
    [InlineData("gateway")]
    [InlineData("10.0.0.0/33")]
    [InlineData("10.0.0.1,nonsense")]
    public void TryParse_NoAddressAndNoNetwork_Fails(string setting) => Assert.False(TrustedProxies.TryParse(setting, out _));
}
