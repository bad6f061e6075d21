using System.Net.Http.Json;
using System.Text.Json;
using Aspire.Hosting;
using Aspire.Hosting.Testing;
using IdentitySimulator;
using static Platform.Tests.Identity.Account;

namespace Platform.Tests.Identity;

/// <summary>F10: single sign-on through the gateway of a stack that knows the test's own provider.</summary>
public sealed class SsoFlowTests : IAsyncLifetime
{
    private OidcProvider _provider = null!;
    private IDistributedApplicationTestingBuilder _builder = null!;
    private DistributedApplication _app = null!;

    public async ValueTask InitializeAsync()
    {
        _provider = await OidcProvider.StartAsync();
        _builder = await DistributedApplicationTestingBuilder.CreateAsync<Projects.AppHost>(
        [
            "--ephemeral=true",
            "--IdentityAuth:Sso:Enabled=true",
            $"--IdentityAuth:Sso:Issuer={_provider.Issuer}",
            $"--IdentityAuth:Sso:ClientId={OidcProvider.ClientId}",
            $"--IdentityAuth:Sso:ClientSecret={OidcProvider.ClientSecret}",
            "--IdentityAuth:Sso:AllowLocalAddresses=true",
        ]);
        _app = await _builder.BuildAsync();
        await _app.StartAsync();
        await _app.ResourceNotifications.WaitForResourceHealthyAsync("gateway");
    }

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync();
        await _app.DisposeAsync();
        await _builder.DisposeAsync();
        await _provider.DisposeAsync();
    }

    [Fact]
    public async Task F10_SingleSignOn_SignsInOnceAndIsTheOnlyWay()
    {
        using var client = Caller.New(_app.GetEndpoint("gateway"));

        var status = await client.GetFromJsonAsync<JsonElement>("v1/auth/sso/status");
        Assert.True(status.GetProperty("enabled").GetBoolean() && status.GetProperty("enforced").GetBoolean());
        using var start = await client.PostAsJsonAsync("v1/auth/sso/start", new { redirect_to = "/channels/me" });
        var started = await start.Content.ReadFromJsonAsync<JsonElement>();
        var (code, state) = await OidcProvider.SignInAsync(
            Text(started, "authorization_url"), new OidcProvider.Person("subject-1", "ada@company.example", Name: "Ada"));
        Assert.Equal(Text(started, "state"), state);

        using var complete = await client.PostAsJsonAsync("v1/auth/sso/complete", new { code, state });
        var session = await complete.Content.ReadFromJsonAsync<JsonElement>();
        Assert.Equal((200, "/channels/me"), ((int)complete.StatusCode, Text(session, "redirect_to")));
        using var request = new HttpRequestMessage(HttpMethod.Get, "v1/users/@me");
        request.Headers.TryAddWithoutValidation("Authorization", Text(session, "token"));
        using var me = await client.SendAsync(request);
        Assert.Equal("ada@company.example", Text(await me.Content.ReadFromJsonAsync<JsonElement>(), "email"));

        using var again = await client.PostAsJsonAsync("v1/auth/sso/complete", new { code, state });
        Assert.Equal(400, (int)again.StatusCode);
        using var local = await client.PostAsJsonAsync("v1/auth/login", new { email = "ada@company.example", password = "does not matter" });
        Assert.Equal((403, "SSO_REQUIRED"), ((int)local.StatusCode, Text(await local.Content.ReadFromJsonAsync<JsonElement>(), "code")));
    }
}
