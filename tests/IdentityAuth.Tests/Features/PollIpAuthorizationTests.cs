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

    /// <summary>What ends every session ends what waits for one (§5.2).</summary>
    [Theory]
    [InlineData("reset")]
    [InlineData("change")]
    [InlineData("disable")]
    [InlineData("delete")]
    public async Task PollIpAuthorization_AccountHasMovedOn_TicketIsOverForDeviceAndResend(string how)
    {
        using var owner = App.CreateClient();
        using var device = App.CreateClient();
        var account = await owner.RegisterAsync();
        var ticket = await NewIp.TicketAsync(device, account);
        using var pending = await device.GetAsync(Path + ticket);
        await pending.JsonAsync(200);
        App.FakeClock.Advance(TimeSpan.FromSeconds(30)); // a second mail could be sent

        const string Another = "staple battery horse";
        using var moved = how switch
        {
            "reset" => await owner.PostAsync("/v1/auth/reset", new { token = await ResetTokenAsync(account), password = Another }),
            "change" => await account.PatchAsync(new { password = TestClient.Password, new_password = Another }),
            _ => await account.PostAsync($"/v1/users/@me/{how}", new { password = TestClient.Password }),
        };
        Assert.True(moved.IsSuccessStatusCode, $"{(int)moved.StatusCode}");

        using var poll = await device.GetAsync(Path + ticket);
        await poll.AssertFieldsAsync("ticket=INVALID_OR_EXPIRED_AUTHORIZATION_TICKET");
        using var resend = await device.PostAsync("/v1/auth/ip-authorization/resend", new { ticket });
        await resend.AssertFieldsAsync("ticket=INVALID_OR_EXPIRED_AUTHORIZATION_TICKET");
        Assert.Single(await App.MessagesAsync(account.Email), message => message.Kind == DeliveryKind.IpAuthorization);
    }

    [Fact]
    public async Task PollIpAuthorization_EveryFewSeconds_DoesNotAskPostgresEachTime()
    {
        using var client = App.CreateClient();
        var account = await client.RegisterAsync();
        client.Address = TestClient.NewAddress();
        var ticket = await NewIp.TicketAsync(client, account);
        using var reads = new StatementCounter(App.Database, "FROM users u WHERE u.id = $1");

        for (var poll = 0; poll < 10; poll++)
        {
            using var response = await client.GetAsync(Path + ticket);
            await response.JsonAsync(200);
        }

        Assert.InRange(reads.Count, 0, 1);
    }

    private async Task<string> ResetTokenAsync(TestAccount account)
    {
        using var response = await account.Client.PostAsync("/v1/auth/forgot", new { email = account.Email });
        await response.AssertNoContentAsync();
        return (await App.MessageAsync(account.Email, DeliveryKind.PasswordReset)).Token!;
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
