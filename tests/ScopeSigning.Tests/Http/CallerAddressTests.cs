using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.HttpOverrides;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using ScopeSigning.Tests.Support;

namespace ScopeSigning.Tests.Http;

public sealed class CallerAddressTests(ScopeSigningHost host)
{
    [Fact]
    public async Task ForwardedHeaders_SwitchedOnByTheEnvironment_AreBelievedFromLoopbackAndListedNetworksOnly()
    {
        // What ASPNETCORE_FORWARDEDHEADERS_ENABLED becomes; by itself it means "believe everybody".
        await using var factory = await host.StartInstanceAsync(("FORWARDEDHEADERS_ENABLED", "true"), ("ScopeSigning:TrustedProxies", "10.1.2.0/24, 10.9.9.9"));

        var forwarded = factory.Services.GetRequiredService<IOptions<ForwardedHeadersOptions>>().Value;

        Assert.Equal(["127.0.0.0/8", "::1/128", "10.1.2.0/24", "10.9.9.9/32"], forwarded.KnownIPNetworks.Select(network => network.ToString()));
        Assert.Empty(forwarded.KnownProxies);
        Assert.Equal((ForwardedHeaders.XForwardedFor, 1), (forwarded.ForwardedHeaders, forwarded.ForwardLimit));
    }
}
