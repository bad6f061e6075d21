using Gateway.Forwarding;
using Gateway.Routing;
using Gateway.Tests.Support;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Yarp.ReverseProxy.Model;

namespace Gateway.Tests.Routing;

public sealed class RouteTableTests(Platform platform) : IClassFixture<Platform>
{
    /// <summary>Route, method, path at the gateway, service it arrives at, path there.</summary>
    public static readonly TheoryData<string, string, string, string, string> Rows = new()
    {
        { "pairing-mobile", "POST", "/mobile/v1/pairing/init", "pairing", "/mobile/v1/pairing/init" },
        { "pairing-mobile", "POST", "/mobile/v1/pairing/complete", "pairing", "/mobile/v1/pairing/complete" },
        { "pairing-tenants", "POST", "/tenants/v1/pairing", "pairing", "/tenants/v1/pairing" },
        { "pairing-tenants", "GET", "/tenants/v1/pairing/status/0f8fad5b-d9cb-469f-a165-70867728950e", "pairing", "/tenants/v1/pairing/status/0f8fad5b-d9cb-469f-a165-70867728950e" },
        { "pairing-tenants", "DELETE", "/tenants/v1/users/u/devices/android%3A1%2F2", "pairing", "/tenants/v1/users/u/devices/android%3A1%2F2" },
        { "pairing-tenants", "POST", "/tenants/v1/pairing/status/x/events", "pairing", "/tenants/v1/pairing/status/x/events" },
        { "pairing-status-events", "GET", "/tenants/v1/pairing/status/x/events", "pairing", "/tenants/v1/pairing/status/x/events" },
        { "pairing-admin-tenants", "POST", "/admin/v1/tenants", "pairing", "/admin/v1/tenants" },
        { "pairing-key-set", "GET", "/.well-known/jwks.json", "pairing", "/.well-known/jwks.json" },
        { "pairing-health", "GET", "/actuator/health", "pairing", "/actuator/health" },
        { "identity-auth", "POST", "/v1/auth/login", "identity-auth", "/v1/auth/login" },
        { "identity-auth", "POST", "/v1/auth/token", "identity-auth", "/v1/auth/token" },
        { "identity-auth-account", "GET", "/v1/users/@me", "identity-auth", "/v1/users/@me" },
        { "identity-auth-account", "GET", "/v1/users/%40me", "identity-auth", "/v1/users/%40me" },
        { "identity-auth-account", "PATCH", "/v1/users/%40me/mfa/webauthn/credentials/1", "identity-auth", "/v1/users/%40me/mfa/webauthn/credentials/1" },
        { "identity-auth-instance", "GET", "/.well-known/fluxer", "identity-auth", "/.well-known/fluxer" },
        { "identity-auth-well-known", "GET", "/identity-auth/.well-known/jwks.json", "identity-auth", "/identity-auth/.well-known/jwks.json" },
        { "identity-auth-well-known", "GET", "/identity-auth/.well-known/openid-configuration", "identity-auth", "/identity-auth/.well-known/openid-configuration" },
        { "device-registry", "POST", "/authlance/identity/api/v1/realm/groups/7/devices", "device-registry", "/authlance/identity/api/v1/realm/groups/7/devices" },
        { "device-registry", "GET", "/authlance/identity/api/v1/realm/groups/7/devices/d%2F1?x=%20", "device-registry", "/authlance/identity/api/v1/realm/groups/7/devices/d%2F1?x=%20" },
        { "device-registry", "DELETE", "/authlance/identity/api/v1/realm/admin/group/g/members", "device-registry", "/authlance/identity/api/v1/realm/admin/group/g/members" },
        { "device-registry-events", "GET", "/authlance/identity/api/v1/realm/groups/7/devices/events?deviceId=1", "device-registry", "/authlance/identity/api/v1/realm/groups/7/devices/events?deviceId=1" },
        { "scope-signing-key", "POST", "/key", "scope-signing", "/key" },
        { "scope-signing-key", "HEAD", "/key/11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo", "scope-signing", "/key/11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo" },
        { "scope-signing-login", "POST", "/login?callback=https%3A%2F%2Fa.example%2F", "scope-signing", "/login?callback=https%3A%2F%2Fa.example%2F" },
        { "scope-signing-scope", "POST", "/scope?test=1", "scope-signing", "/scope?test=1" },
        { "scope-signing-scope", "PUT", "/scope/01234567890123456789", "scope-signing", "/scope/01234567890123456789" },
        { "scope-signing-confirm", "GET", "/confirm/01234567890123456789", "scope-signing", "/confirm/01234567890123456789" },
        { "scope-signing", "GET", "/scope-signing/.well-known/jwks.json", "scope-signing", "/.well-known/jwks.json" },
        { "scope-signing", "GET", "/scope-signing/test/.well-known/jwks.json", "scope-signing", "/test/.well-known/jwks.json" },
        { "scope-signing", "GET", "/scope-signing/errors/duplicate-key?x=/y", "scope-signing", "/errors/duplicate-key?x=/y" },
        { "scope-signing", "GET", "/scope-signing", "scope-signing", "/" },
        { "scope-signing", "GET", "/scope-signing?x", "scope-signing", "/?x" },
    };

    /// <summary>Paths that a service would refuse, passed on as they are for it to do so.</summary>
    public static readonly TheoryData<string, string> Unchanged = new()
    {
        { "pairing", "/mobile/v1/pairing/init/" },
        { "pairing", "/mobile/v1//pairing" },
        { "pairing", "/mobile/v1/%252e%252e/%252e%252e/health" },
        { "pairing", "/mobile/v1/%41%5Ca%7Cb" },
        { "pairing", "/mobile/v1/a\\b|c{d}^e" },
        { "pairing", "/mobile/v1/x#y" },
        { "pairing", "/mobile/v1/x?" },
        { "pairing", "/mobile/v1/x?a=%00&b=\"<>\\^`{|}" },
        { "pairing", "/mobile/v1/.../x/..a/.b" },
        { "scope-signing", "/login/" },
        { "scope-signing", "/key/" },
        { "identity-auth", "/v1/users/%40me/" },
    };

    public static readonly TheoryData<string> Unknown = new("/mobile", "/mobile/v2/x", "/admin/v1/tenants/x", "/admin/v1", "/login/x",
        "/KEY", "/Key/x", "/V1/auth/login", "/v1/users/1", "/v1/users/@ME", "/identity-auth/x", "/.well-known/openid-configuration",
        "/health/live", "/alive/x", "/openapi", "/openapi/v1.json", "//mobile/v1/x", "/mobile%2Fv1/x", "/confirmation", "/scope-signingx",
        "/mobile/v1/../v1/x", "/mobile/v1/..", "/mobile/v1/%2e%2e/%2E./health", "/scope-signing/./key", "/key/.");

    [Fact]
    public void RouteTable_EveryRoute_HasARowHere()
        => Assert.Equal(
            RouteTable.Routes.Select(route => route.Id).Order(StringComparer.Ordinal),
            Rows.Select(row => row.Data.Item1).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal));

    [Fact]
    public void RouteTable_EveryService_HasARoute()
        => Assert.Equal(ServiceNames.All.Order(StringComparer.Ordinal), RouteTable.Routes.Select(route => route.Service).Distinct().Order(StringComparer.Ordinal));

    [Fact]
    public void RouteTable_EveryEndpoint_CarriesItsRowAndABulkhead()
    {
        var endpoints = platform.Gateway.Services.GetRequiredService<EndpointDataSource>().Endpoints
            .Where(endpoint => endpoint.Metadata.GetMetadata<RouteModel>() is not null).ToList();
        var bulkheads = platform.Gateway.Services.GetRequiredService<Bulkheads>();

        Assert.Equal(RouteTable.Routes.Count, endpoints.Count);
        Assert.All(endpoints, endpoint =>
        {
            var route = endpoint.Metadata.GetRequiredMetadata<GatewayRoute>();
            var proxied = endpoint.Metadata.GetRequiredMetadata<RouteModel>();
            Assert.Equal(route.Id, proxied.Config.RouteId);
            Assert.Equal(route.Service, proxied.Config.ClusterId);
            Assert.NotNull(bulkheads.For(route));
        });
    }

    [Fact]
    public void RouteTable_EventStreams_AreExactlyTheTwoOfTheContracts()
        => Assert.Equal(
            ["device-registry-events", "pairing-status-events"],
            RouteTable.Routes.Where(route => route.EventStream).Select(route => route.Id).Order(StringComparer.Ordinal));

    [Theory]
    [MemberData(nameof(Rows))]
    public async Task Route_Request_ArrivesAtItsServiceUnchanged(string route, string method, string target, string service, string arrivesAs)
    {
        foreach (var other in platform.Services.Values)
        {
            other.Requests.Clear();
        }

        using var request = new HttpRequestMessage(new HttpMethod(method), platform.Gateway.AsWritten(target));
        using var response = await platform.Gateway.Client.SendAsync(request, TestContext.Current.CancellationToken);

        Assert.Equal(200, (int)response.StatusCode);
        var arrived = Assert.Single(platform.Services.SelectMany(stub => stub.Value.Requests.Select(got => (stub.Key, got.Method, got.Target))));
        Assert.Equal((service, method, arrivesAs), arrived);
        Assert.Equal(service, RouteTable.Find(route).Service);
    }

    [Theory]
    [MemberData(nameof(Unchanged))]
    public async Task Route_OddPath_IsPassedAsWritten(string service, string target)
    {
        platform[service].Requests.Clear();

        var answer = await RawHttp.SendAsync(platform.Gateway.Address, $"GET {target} HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");

        Assert.Equal(200, RawHttp.StatusOf(answer));
        Assert.Equal(target, Assert.Single(platform[service].Requests).Target);
    }

    [Theory]
    [MemberData(nameof(Unknown))]
    public async Task Route_UnknownPath_IsNotFoundAndReachesNoService(string target)
    {
        foreach (var stub in platform.Services.Values)
        {
            stub.Requests.Clear();
        }

        var answer = await RawHttp.SendAsync(platform.Gateway.Address, $"GET {target} HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");

        Assert.Equal(404, RawHttp.StatusOf(answer));
        Assert.Contains("\"error\":", answer.Contains("\"code\":", StringComparison.Ordinal) ? answer.Replace("\"code\":", "\"error\":", StringComparison.Ordinal) : answer, StringComparison.Ordinal);
        Assert.All(platform.Services.Values, stub => Assert.Empty(stub.Requests));
    }

    [Fact]
    public async Task Route_InstanceAddedWhileRunning_GetsRequests()
    {
        await using var late = await StubService.StartAsync();
        await using var gateway = GatewayHost.Start();
        Assert.Equal(503, (int)(await gateway.Client.GetAsync(gateway.AsWritten("/key/x"), TestContext.Current.CancellationToken)).StatusCode);

        gateway.Change("services:scope-signing:http:0", late.Address.ToString());

        await Eventually.Become(
            async () => (int)(await gateway.Client.GetAsync(gateway.AsWritten("/key/x"), TestContext.Current.CancellationToken)).StatusCode == 200,
            "requests reach the new instance");
        gateway.Change("services:scope-signing:http:0", null);
        await Eventually.Become(
            async () => (int)(await gateway.Client.GetAsync(gateway.AsWritten("/key/x"), TestContext.Current.CancellationToken)).StatusCode == 503,
            "the instance is forgotten");
    }
}
