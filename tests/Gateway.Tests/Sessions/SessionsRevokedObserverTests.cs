using System.Net;
using Gateway.Sessions;
using Gateway.Tests.Support;
using IdentityAuth.Contracts.V1;
using MassTransit;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using TestSupport;

namespace Gateway.Tests.Sessions;

/// <summary>The event reaches every instance of the gateway through a real broker.</summary>
public sealed class SessionsRevokedObserverTests
{
    private const string Path = "/authlance/identity/api/v1/realm/groups/1/devices";

    [Fact]
    public async Task SessionsRevoked_TwoInstances_BothRefuseTheSessionAndKeepTheOthers()
    {
        var servers = await BackingServers.GetAsync();
        await using var service = await StubService.StartAsync();
        service.Handler = context => context.Response.WriteAsJsonAsync(new { access_token = "jwt" });
        var settings = new Dictionary<string, string?> { ["ConnectionStrings:rabbitmq"] = servers.RabbitMQ };
        await using var first = GatewayHost.StartInFrontOf(service, settings);
        await using var second = GatewayHost.StartInFrontOf(service, settings);
        var ended = $"flx_{new string('a', 36)}";
        var other = $"flx_{new string('b', 36)}";
        foreach (var gateway in new[] { first, second })
        {
            Assert.Equal(HttpStatusCode.OK, await StatusAsync(gateway, ended));
            Assert.Equal(HttpStatusCode.OK, await StatusAsync(gateway, other));
        }

        await first.Services.GetRequiredService<IBus>().Publish(new SessionsRevoked
        {
            UserId = "1",
            IdHashes = [SessionToken.SessionIdOf(ended)],
            Reason = "logout",
            OccurredAt = DateTimeOffset.UtcNow,
        });

        foreach (var gateway in new[] { first, second })
        {
            await Eventually.Become(async () => await StatusAsync(gateway, ended) == HttpStatusCode.Unauthorized, "the session was not refused");
            Assert.Equal(HttpStatusCode.OK, await StatusAsync(gateway, other));
        }
    }

    private static async Task<HttpStatusCode> StatusAsync(GatewayHost gateway, string token)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, Path);
        request.Headers.TryAddWithoutValidation("Authorization", token);
        using var response = await gateway.Client.SendAsync(request);
        return response.StatusCode;
    }
}
