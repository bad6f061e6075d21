using IdentityAuth.Tests.Infrastructure;

namespace IdentityAuth.Tests.Features;

/// <summary>Contract §6.</summary>
public sealed class CancelHandoffTests(IdentityApp app)
{
    [Fact]
    public async Task CancelHandoff_Pending_CannotBeConfirmed()
    {
        using var client = app.CreateClient();
        var account = await client.RegisterAsync();
        var code = await Handoff.InitiateAsync(client);

        using var response = await client.SendAsync(HttpMethod.Delete, $"/v1/auth/handoff/{code}");

        await response.AssertNoContentAsync();
        using var late = await Handoff.CompleteAsync(account, code);
        await late.AssertProblemAsync(400, "INVALID_HANDOFF_CODE");
    }

    [Fact]
    public async Task CancelHandoff_SessionWaits_IsRevoked()
    {
        using var client = app.CreateClient();
        var account = await client.RegisterAsync();
        var code = await Handoff.InitiateAsync(client);
        using var completed = await Handoff.CompleteAsync(account, code);

        using var response = await client.SendAsync(HttpMethod.Delete, $"/v1/auth/handoff/{code}");

        await response.AssertNoContentAsync();
        Assert.Equal(1, await app.CountAsync("SELECT count(*) FROM sessions WHERE user_id = @id", new { id = long.Parse(account.Id, null) }));
        Assert.Equal("handoff_cancelled", Assert.Single(await app.EventBodiesAsync("SessionsRevoked", account.Id)).Text("reason"));
    }

    [Fact]
    public async Task CancelHandoff_WithASecret_EndsOnlyItsOwn()
    {
        using var client = app.CreateClient();
        var account = await client.RegisterAsync();
        using var initiated = await client.PostAsync("/v1/auth/handoff/initiate");
        var handoff = await initiated.JsonAsync(200);

        using var foreign = await client.SendAsync(HttpMethod.Delete, $"/v1/auth/handoff/{handoff.Text("code")}", new { poll_secret = "guess" });
        await foreign.AssertNoContentAsync();
        using var status = await client.GetAsync($"/v1/auth/handoff/{handoff.Text("code")}/status");
        Assert.Equal("pending", (await status.JsonAsync(200)).Text("status"));
        using var own = await client.SendAsync(HttpMethod.Delete, $"/v1/auth/handoff/{handoff.Text("code")}", new { poll_secret = handoff.Text("poll_secret") });
        await own.AssertNoContentAsync();

        using var late = await Handoff.CompleteAsync(account, handoff.Text("code"));
        await late.AssertProblemAsync(400, "INVALID_HANDOFF_CODE");
    }

    [Theory]
    [InlineData("ABCD-2345", 204)]
    [InlineData("ABCD-234I", 400)]
    public async Task CancelHandoff_UnknownOrMalformed_AnsweredOrRefused(string code, int status)
    {
        using var client = app.CreateClient();

        using var response = await client.SendAsync(HttpMethod.Delete, $"/v1/auth/handoff/{code}");

        Assert.Equal(status, (int)response.StatusCode);
    }
}
