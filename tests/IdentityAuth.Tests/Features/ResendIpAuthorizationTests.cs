using IdentityAuth.Delivery;
using IdentityAuth.Tests.Infrastructure;

namespace IdentityAuth.Tests.Features;

/// <summary>Contract §4, with a clock that the tests move.</summary>
public sealed class ResendIpAuthorizationTests(ClockedIdentityApp clocked) : IClassFixture<ClockedIdentityApp>
{
    private const string Path = "/v1/auth/ip-authorization/resend";

    private IdentityApp App => clocked.App;

    [Fact]
    public async Task ResendIpAuthorization_After30Seconds_MailsTheSameTokenOnce()
    {
        using var client = App.CreateClient();
        var account = await client.RegisterAsync();
        client.Address = TestClient.NewAddress();
        var ticket = await NewIp.TicketAsync(client, account);
        var first = (await App.MessageAsync(account.Email, DeliveryKind.IpAuthorization)).Token;

        App.FakeClock.Advance(TimeSpan.FromSeconds(29));
        using var early = await client.PostAsync(Path, new { ticket });
        var refused = await early.AssertProblemAsync(429, "IP_AUTHORIZATION_RESEND_COOLDOWN");
        Assert.Equal(1, refused.GetProperty("resend_available_in").GetInt32());
        Assert.Equal(TimeSpan.FromSeconds(1), early.Headers.RetryAfter?.Delta);

        App.FakeClock.Advance(TimeSpan.FromSeconds(1));
        using var sent = await client.PostAsync(Path, new { ticket });
        await sent.AssertNoContentAsync();
        Assert.Equal(first, (await App.MessageAsync(account.Email, DeliveryKind.IpAuthorization, 2)).Token);
        using var again = await client.PostAsync(Path, new { ticket });
        await again.AssertProblemAsync(429, "IP_AUTHORIZATION_RESEND_LIMIT_EXCEEDED");
    }

    [Fact]
    public async Task ResendIpAuthorization_InParallel_OneMail()
    {
        using var client = App.CreateClient();
        var account = await client.RegisterAsync();
        client.Address = TestClient.NewAddress();
        var ticket = await NewIp.TicketAsync(client, account);
        App.FakeClock.Advance(TimeSpan.FromSeconds(30));

        var responses = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => client.PostAsync(Path, new { ticket })));

        Assert.Single(responses, response => (int)response.StatusCode == 204);
        Assert.Equal(2, (await App.MessagesAsync(account.Email)).Count(message => message.Kind == DeliveryKind.IpAuthorization));
    }

    [Theory]
    [InlineData("{}", "ticket=INVALID_FORMAT")]
    [InlineData("""{"ticket":""}""", "ticket=INVALID_FORMAT")]
    [InlineData("""{"ticket":"unknown"}""", "ticket=INVALID_OR_EXPIRED_AUTHORIZATION_TICKET")]
    public async Task ResendIpAuthorization_BadTicket_Refused(string body, string error)
    {
        using var client = App.CreateClient();

        using var response = await client.PostAsync(Path, body);

        await response.AssertFieldsAsync(error);
    }
}
