using IdentityAuth.Delivery;
using IdentityAuth.Tests.Infrastructure;

namespace IdentityAuth.Tests.Features;

/// <summary>Contract §4, with a clock that the tests move.</summary>
public sealed class PollIpAuthorizationTests(ClockedIdentityApp clocked) : IClassFixture<ClockedIdentityApp>
{
    private const string Path = "/v1/auth/ip-authorization/poll?ticket=";

    private IdentityApp App => clocked.App;

    [Fact]
    public async Task PollIpAuthorization_Pending_IsNotCompleted()
    {
        using var client = App.CreateClient();
        var account = await client.RegisterAsync();
        client.Address = TestClient.NewAddress();
        var ticket = await NewIp.TicketAsync(client, account);

        using var response = await client.GetAsync(Path + ticket);

        var body = await response.JsonAsync(200);
        Assert.False(body.GetProperty("completed").GetBoolean());
        Assert.Single(body.EnumerateObject());
    }

    [Fact]
    public async Task PollIpAuthorization_Authorised_CanBeReadAgain()
    {
        using var client = App.CreateClient();
        var account = await client.RegisterAsync();
        client.Address = TestClient.NewAddress();
        var ticket = await NewIp.TicketAsync(client, account);
        using var authorised = await client.PostAsync("/v1/auth/authorize-ip", new { token = (await App.MessageAsync(account.Email, DeliveryKind.IpAuthorization)).Token });

        using var first = await client.GetAsync(Path + ticket);
        using var second = await client.GetAsync(Path + ticket);

        var body = await first.JsonAsync(200);
        Assert.True(body.GetProperty("completed").GetBoolean());
        Assert.Equal(account.Id, body.Text("user_id"));
        Assert.Equal(body.Text("token"), (await second.JsonAsync(200)).Text("token"));
        Assert.True(await client.IsAliveAsync(body.Text("token")));
    }

    [Fact]
    public async Task PollIpAuthorization_After15Minutes_ExpiredForDeviceAndOwner()
    {
        using var client = App.CreateClient();
        var account = await client.RegisterAsync();
        client.Address = TestClient.NewAddress();
        var ticket = await NewIp.TicketAsync(client, account);
        var token = (await App.MessageAsync(account.Email, DeliveryKind.IpAuthorization)).Token;

        App.FakeClock.Advance(TimeSpan.FromMinutes(15) - TimeSpan.FromSeconds(1));
        using var pending = await client.GetAsync(Path + ticket);
        await pending.JsonAsync(200);
        App.FakeClock.Advance(TimeSpan.FromSeconds(1));

        using var poll = await client.GetAsync(Path + ticket);
        await poll.AssertFieldsAsync("ticket=INVALID_OR_EXPIRED_AUTHORIZATION_TICKET");
        using var authorise = await client.PostAsync("/v1/auth/authorize-ip", new { token });
        await authorise.AssertFieldsAsync("token=INVALID_OR_EXPIRED_AUTHORIZATION_TOKEN");
    }

    [Theory]
    [InlineData("", "ticket=INVALID_FORMAT")]
    [InlineData("%20", "ticket=INVALID_FORMAT")]
    [InlineData("unknown", "ticket=INVALID_OR_EXPIRED_AUTHORIZATION_TICKET")]
    public async Task PollIpAuthorization_BadTicket_Refused(string ticket, string error)
    {
        using var client = App.CreateClient();

        using var response = await client.GetAsync(Path + ticket);
        using var missing = await client.GetAsync("/v1/auth/ip-authorization/poll");

        await response.AssertFieldsAsync(error);
        await missing.AssertFieldsAsync("ticket=INVALID_FORMAT");
    }
}
