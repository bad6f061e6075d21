using IdentityAuth.Delivery;
using IdentityAuth.Tests.Infrastructure;

namespace IdentityAuth.Tests.Features;

/// <summary>Contract §8.7, step 2, with a clock that the tests move.</summary>
public sealed class VerifyOriginalEmailTests(ClockedIdentityApp clocked) : IClassFixture<ClockedIdentityApp>
{
    private const string Path = "/v1/users/@me/email-change";

    private IdentityApp App => clocked.App;

    [Fact]
    public async Task VerifyOriginalEmail_RightCode_GivesTheSameProofAgain()
    {
        using var client = App.CreateClient();
        var (account, ticket, code) = await StartAsync(client);

        using var first = await account.PostAsync($"{Path}/verify-original", new { ticket, code = code.Replace("-", "", StringComparison.Ordinal).ToLowerInvariant() });
        using var second = await account.PostAsync($"{Path}/verify-original", new { ticket, code });

        Assert.Equal((await first.JsonAsync(200)).Text("original_proof"), (await second.JsonAsync(200)).Text("original_proof"));
    }

    [Fact]
    public async Task VerifyOriginalEmail_FiveWrongAlsoInParallel_VoidTheCode()
    {
        using var client = App.CreateClient();
        var (account, ticket, code) = await StartAsync(client);

        var wrong = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => account.PostAsync($"{Path}/verify-original", new { ticket, code = "AAAA-0000" })));
        using var right = await account.PostAsync($"{Path}/verify-original", new { ticket, code });

        var texts = await Task.WhenAll(wrong.Select(response => response.Content.ReadAsStringAsync()));
        Assert.Equal(5, texts.Count(text => text.Contains("INVALID_VERIFICATION_CODE", StringComparison.Ordinal)));
        Assert.Equal(15, texts.Count(text => text.Contains("VERIFICATION_CODE_EXPIRED", StringComparison.Ordinal)));
        await right.AssertFieldsAsync("code=VERIFICATION_CODE_EXPIRED");
    }

    [Fact]
    public async Task VerifyOriginalEmail_After10Minutes_Expired()
    {
        using var client = App.CreateClient();
        var (account, ticket, code) = await StartAsync(client);
        App.FakeClock.Advance(TimeSpan.FromMinutes(10));

        using var response = await account.PostAsync($"{Path}/verify-original", new { ticket, code });

        await response.AssertFieldsAsync("code=VERIFICATION_CODE_EXPIRED");
    }

    [Fact]
    public async Task VerifyOriginalEmail_ForeignOrUnknownTicket_Refused()
    {
        using var client = App.CreateClient();
        var (_, ticket, code) = await StartAsync(client);
        var stranger = await client.RegisterAsync();

        using var foreign = await stranger.PostAsync($"{Path}/verify-original", new { ticket, code });
        await foreign.AssertFieldsAsync("ticket=INVALID_OR_EXPIRED_TICKET");
        using var empty = await stranger.PostAsync($"{Path}/verify-original", "{}");
        await empty.AssertFieldsAsync("ticket=INVALID_FORMAT", "code=INVALID_FORMAT");
        using var unverified = await stranger.PostAsync($"{Path}/start");
        using var none = await stranger.PostAsync($"{Path}/verify-original", new { ticket = (await unverified.JsonAsync(200)).Text("ticket"), code });
        await none.AssertFieldsAsync("code=VERIFICATION_CODE_NOT_ISSUED");
    }

    [Fact]
    public async Task VerifyOriginalEmail_TicketOfAnHour_Expired()
    {
        using var client = App.CreateClient();
        var (account, ticket, code) = await StartAsync(client);
        App.FakeClock.Advance(TimeSpan.FromHours(1));

        using var response = await account.PostAsync($"{Path}/verify-original", new { ticket, code });

        await response.AssertFieldsAsync("ticket=INVALID_OR_EXPIRED_TICKET");
    }

    private async Task<(TestAccount Account, string Ticket, string Code)> StartAsync(TestClient client)
    {
        var account = await client.RegisterAsync();
        await App.ChangeUserAsync(account.Id, "email_verified = true");
        using var start = await account.PostAsync($"{Path}/start");
        return (account, (await start.JsonAsync(200)).Text("ticket"), (await App.MessageAsync(account.Email, DeliveryKind.EmailChangeOriginal)).Code!);
    }
}
