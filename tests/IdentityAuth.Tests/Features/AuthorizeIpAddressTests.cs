using IdentityAuth.Delivery;
using IdentityAuth.Tests.Infrastructure;

namespace IdentityAuth.Tests.Features;

/// <summary>Contract §4.</summary>
public sealed class AuthorizeIpAddressTests(IdentityApp app)
{
    private const string Path = "/v1/auth/authorize-ip";

    [Fact]
    public async Task AuthorizeIpAddress_MailedToken_LetsTheWaitingDeviceIn()
    {
        using var device = app.CreateClient();
        var account = await device.RegisterAsync();
        device.Address = TestClient.NewAddress();
        device.UserAgent = "Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0";
        var ticket = await NewIp.TicketAsync(device, account);
        using var mailbox = app.CreateClient();
        var mail = (await app.MessageAsync(account.Email, DeliveryKind.IpAuthorization)).Token!;

        using var first = await mailbox.PostAsync(Path, new { token = mail });
        using var second = await mailbox.PostAsync(Path, new { token = mail });

        await first.AssertNoContentAsync();
        await second.AssertFieldsAsync("token=INVALID_OR_EXPIRED_AUTHORIZATION_TOKEN");
        using var poll = await device.GetAsync($"/v1/auth/ip-authorization/poll?ticket={ticket}");
        var token = (await poll.JsonAsync(200)).Text("token");
        using var list = await device.GetAsync("/v1/auth/sessions", token);
        Assert.Equal("Firefox", (await list.JsonAsync(200)).EnumerateArray().Single(one => one.GetProperty("current").GetBoolean()).GetProperty("client_info").Text("browser"));
        await device.TokenAsync(account.Email); // known from now on
        mailbox.Address = TestClient.NewAddress();
        using var elsewhere = await mailbox.LoginAsync(account.Email);
        await elsewhere.AssertProblemAsync(403, "IP_AUTHORIZATION_REQUIRED");
        Assert.Equal("ip_authorization", (await app.EventBodiesAsync("SessionCreated", account.Id))[1].Text("method"));
    }

    [Fact]
    public async Task AuthorizeIpAddress_200InParallel_OneSession()
    {
        using var client = app.CreateClient();
        var account = await client.RegisterAsync();
        client.Address = TestClient.NewAddress();
        await NewIp.TicketAsync(client, account);
        var token = (await app.MessageAsync(account.Email, DeliveryKind.IpAuthorization)).Token!;

        var responses = await Task.WhenAll(Enumerable.Range(0, 200).Select(_ => client.PostAsync(Path, new { token })));

        Assert.Single(responses, response => (int)response.StatusCode == 204);
        foreach (var response in responses.Where(response => (int)response.StatusCode != 204))
        {
            await response.AssertFieldsAsync("token=INVALID_OR_EXPIRED_AUTHORIZATION_TOKEN");
        }

        Assert.Equal(2, await app.CountAsync("SELECT count(*) FROM sessions WHERE user_id = @id", new { id = long.Parse(account.Id, null) }));
        Assert.Equal(2, await app.CountAsync("SELECT count(*) FROM authorized_ips WHERE user_id = @id", new { id = long.Parse(account.Id, null) }));
        Assert.Equal(["register", "ip_authorization"], (await app.EventBodiesAsync("SessionCreated", account.Id)).Select(one => one.Text("method")));
    }

    [Fact]
    public async Task AuthorizeIpAddress_PasswordResetSince_Refused()
    {
        using var client = app.CreateClient();
        var account = await client.RegisterAsync();
        client.Address = TestClient.NewAddress();
        await NewIp.TicketAsync(client, account);
        var token = (await app.MessageAsync(account.Email, DeliveryKind.IpAuthorization)).Token!;
        using var forgot = await client.PostAsync("/v1/auth/forgot", new { email = account.Email });
        using var reset = await client.PostAsync("/v1/auth/reset", new { token = (await app.MessageAsync(account.Email, DeliveryKind.PasswordReset)).Token, password = "staple battery horse" });
        await reset.JsonAsync(200);

        using var response = await client.PostAsync(Path, new { token });

        await response.AssertFieldsAsync("token=INVALID_OR_EXPIRED_AUTHORIZATION_TOKEN");
    }

    [Fact]
    public async Task AuthorizeIpAddress_BannedOrDeletedSince_Refused()
    {
        using var client = app.CreateClient();
        foreach (var (assignment, code) in new[] { ("banned_until = now() + interval '1 day'", "ACCOUNT_SUSPENDED_TEMPORARILY"), ("flags = 1", "") })
        {
            var account = await client.RegisterAsync();
            client.Address = TestClient.NewAddress();
            await NewIp.TicketAsync(client, account);
            await app.ChangeUserAsync(account.Id, assignment);

            using var response = await client.PostAsync(Path, new { token = (await app.MessageAsync(account.Email, DeliveryKind.IpAuthorization)).Token });

            if (code.Length > 0)
            {
                await response.AssertProblemAsync(403, code);
            }
            else
            {
                await response.AssertFieldsAsync("token=INVALID_OR_EXPIRED_AUTHORIZATION_TOKEN");
            }
        }
    }

    [Theory]
    [InlineData("{}", "token=INVALID_FORMAT")]
    [InlineData("""{"token":""}""", "token=INVALID_FORMAT")]
    [InlineData("""{"token":"unknown"}""", "token=INVALID_OR_EXPIRED_AUTHORIZATION_TOKEN")]
    public async Task AuthorizeIpAddress_BadToken_Refused(string body, string error)
    {
        using var client = app.CreateClient();

        using var response = await client.PostAsync(Path, body);

        await response.AssertFieldsAsync(error);
    }
}

internal static class NewIp
{
    /// <summary>Signs in from an address that is new.</summary>
    public static async Task<string> TicketAsync(TestClient client, TestAccount account)
    {
        using var response = await client.LoginAsync(account.Email);
        return (await response.AssertProblemAsync(403, "IP_AUTHORIZATION_REQUIRED")).Text("ticket");
    }
}
