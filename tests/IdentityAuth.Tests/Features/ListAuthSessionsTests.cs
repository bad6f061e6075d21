using IdentityAuth.Tests.Infrastructure;

namespace IdentityAuth.Tests.Features;

/// <summary>Contract §3.11.</summary>
public sealed class ListAuthSessionsTests(IdentityApp app)
{
    [Fact]
    public async Task ListAuthSessions_SeveralDevices_NewestFirstWithTheirNames()
    {
        using var client = app.CreateClient();
        client.UserAgent = "Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0";
        var account = await client.RegisterAsync();
        client.Platform = "DESKTOP";
        client.UserAgent = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/129.0 Safari/537.36";
        var second = await client.TokenAsync(account.Email);

        using var response = await client.GetAsync("/v1/auth/sessions", second);

        var sessions = (await response.JsonAsync(200)).EnumerateArray().ToList();
        Assert.Equal(2, sessions.Count);
        Assert.Equal([true, false], sessions.Select(one => one.GetProperty("current").GetBoolean()));
        Assert.All(sessions, one => Assert.Matches("^[A-Za-z0-9_-]{43}$", one.Text("id_hash")));
        Assert.All(sessions, one => Assert.Matches(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$", one.Text("approx_last_used_at")));
        var infos = sessions.Select(one => one.GetProperty("client_info")).ToList();
        Assert.Equal(("Fluxer Desktop", "Windows", "Chrome"), (infos[0].Text("platform"), infos[0].Text("os"), infos[0].Text("browser")));
        Assert.Equal(("Firefox", "Linux", "Firefox"), (infos[1].Text("platform"), infos[1].Text("os"), infos[1].Text("browser")));
        Assert.Equal(System.Text.Json.JsonValueKind.Null, infos[0].GetProperty("location").ValueKind);
    }

    [Fact]
    public async Task ListAuthSessions_OtherAccounts_AreNotInIt()
    {
        using var client = app.CreateClient();
        var one = await client.RegisterAsync();
        await client.RegisterAsync();

        using var response = await one.GetAsync("/v1/auth/sessions");

        Assert.Single((await response.JsonAsync(200)).EnumerateArray());
    }

    [Theory]
    [InlineData(null)]
    [InlineData("flx_000000000000000000000000000000000000")]
    [InlineData("flx_short")]
    [InlineData("Bot abc")]
    public async Task ListAuthSessions_NoSession_Refused(string? token)
    {
        using var client = app.CreateClient();

        using var response = await client.GetAsync("/v1/auth/sessions", token);

        await response.AssertProblemAsync(401, "UNAUTHORIZED");
    }
}
