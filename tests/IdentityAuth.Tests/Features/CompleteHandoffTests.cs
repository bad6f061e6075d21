using IdentityAuth.Tests.Infrastructure;

namespace IdentityAuth.Tests.Features;

/// <summary>Contract §6.</summary>
public sealed class CompleteHandoffTests(IdentityApp app)
{
    private const string Path = "/v1/auth/handoff/complete";

    [Fact]
    public async Task CompleteHandoff_CodeAsTyped_MakesASessionForTheDevice()
    {
        using var device = app.CreateClient();
        device.Platform = "desktop";
        using var browser = app.CreateClient();
        var account = await browser.RegisterAsync();
        var code = await Handoff.InitiateAsync(device);

        using var response = await Handoff.CompleteAsync(account, $" {code.Replace("-", " ", StringComparison.Ordinal).ToLowerInvariant()}");

        await response.AssertNoContentAsync();
        using var status = await device.GetAsync($"/v1/auth/handoff/{code}/status");
        var token = (await status.JsonAsync(200)).Text("token");
        Assert.NotEqual(account.Token, token);
        using var list = await device.GetAsync("/v1/auth/sessions", token);
        Assert.Equal("Fluxer Desktop", (await list.JsonAsync(200)).EnumerateArray().Single(one => one.GetProperty("current").GetBoolean()).GetProperty("client_info").Text("platform"));
        Assert.True(await browser.IsAliveAsync(account.Token));
        Assert.Equal(["register", "handoff"], (await app.EventBodiesAsync("SessionCreated", account.Id)).Select(one => one.Text("method")));
    }

    [Fact]
    public async Task CompleteHandoff_Wrong_RefusedInTheOrderOfTheContract()
    {
        using var client = app.CreateClient();
        var account = await client.RegisterAsync();
        var code = await Handoff.InitiateAsync(client);

        using var token = await client.PostAsync(Path, new { code = "x", token = "flx_000000000000000000000000000000000000", user_id = "1" });
        await token.AssertProblemAsync(401, "INVALID_TOKEN");
        using var user = await client.PostAsync(Path, new { code = "x", token = account.Token, user_id = "1" });
        await user.AssertProblemAsync(400, "SESSION_TOKEN_MISMATCH");
        foreach (var bad in new[] { "x", "ABCD-234I", "ABCD-2345-6", "ZZZZ-ZZZZ" })
        {
            using var response = await Handoff.CompleteAsync(account, bad);
            await response.AssertProblemAsync(400, "INVALID_HANDOFF_CODE");
        }

        using var fields = await client.PostAsync(Path, "{}");
        await fields.AssertFieldsAsync("code=INVALID_FORMAT", "token=INVALID_FORMAT", "user_id=INVALID_FORMAT");
        using var status = await client.GetAsync($"/v1/auth/handoff/{code}/status");
        Assert.Equal("pending", (await status.JsonAsync(200)).Text("status"));
        Assert.Single(await app.EventBodiesAsync("SessionCreated", account.Id));
    }

    [Fact]
    public async Task CompleteHandoff_200InParallel_OneSession()
    {
        using var client = app.CreateClient();
        var account = await client.RegisterAsync();
        var code = await Handoff.InitiateAsync(client);

        var responses = await Task.WhenAll(Enumerable.Range(0, 200).Select(_ => Handoff.CompleteAsync(account, code)));

        Assert.Single(responses, response => (int)response.StatusCode == 204);
        foreach (var response in responses.Where(response => (int)response.StatusCode != 204))
        {
            await response.AssertProblemAsync(400, "INVALID_HANDOFF_CODE");
        }

        Assert.Equal(2, await app.CountAsync("SELECT count(*) FROM sessions WHERE user_id = @id", new { id = long.Parse(account.Id, null) }));
        Assert.Equal(["register", "handoff"], (await app.EventBodiesAsync("SessionCreated", account.Id)).Select(one => one.Text("method")));
        Assert.Empty(await app.EventBodiesAsync("SessionsRevoked", account.Id));
    }
}
