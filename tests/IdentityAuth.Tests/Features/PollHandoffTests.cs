using System.Text.Json;
using IdentityAuth.Tests.Infrastructure;

namespace IdentityAuth.Tests.Features;

/// <summary>Contract §6, what newer clients do: the device alone knows the secret that it asks with.</summary>
public sealed class PollHandoffTests(IdentityApp app)
{
    [Fact]
    public async Task PollHandoff_OwnSecret_CollectsOnce()
    {
        using var device = app.CreateClient();
        using var browser = app.CreateClient();
        var account = await browser.RegisterAsync();
        var (code, secret) = await InitiateAsync(device);
        Assert.Equal("""{"status":"pending"}""", (await PollAsync(device, code, secret)).GetRawText());
        using var completed = await Handoff.CompleteAsync(account, code);
        await completed.AssertNoContentAsync();

        var done = await PollAsync(device, code, secret);

        Assert.Equal(("completed", account.Id), (done.Text("status"), done.Text("user_id")));
        Assert.True(await device.IsAliveAsync(done.Text("token")));
        Assert.Equal("""{"status":"expired"}""", (await PollAsync(device, code, secret)).GetRawText());
    }

    [Fact]
    public async Task PollHandoff_AnotherSecret_FindsNothingAndTakesNothing()
    {
        using var device = app.CreateClient();
        var account = await device.RegisterAsync();
        var (code, secret) = await InitiateAsync(device);
        var (_, other) = await InitiateAsync(device);
        using var completed = await Handoff.CompleteAsync(account, code);
        await completed.AssertNoContentAsync();

        Assert.Equal("""{"status":"expired"}""", (await PollAsync(device, code, other)).GetRawText());
        Assert.Equal("completed", (await PollAsync(device, code, secret)).Text("status"));
    }

    [Theory]
    [InlineData("ABCD-2345", """{"poll_secret":"x"}""", 200)]
    [InlineData("ABCD-2345", "{}", 400)]
    [InlineData("ABCD-2345", """{"poll_secret":""}""", 400)]
    [InlineData("ABCD-2345", """{"poll_secret":7}""", 400)]
    [InlineData("ABCD-234I", """{"poll_secret":"x"}""", 400)]
    public async Task PollHandoff_UnknownMalformedOrNoSecret_ExpiredOrRefused(string code, string body, int status)
    {
        using var client = app.CreateClient();

        using var response = await client.PostAsync($"/v1/auth/handoff/{code}/status", body);

        if (status == 200)
        {
            Assert.Equal("expired", (await response.JsonAsync(200)).Text("status"));
        }
        else if (code.EndsWith('I'))
        {
            await response.AssertProblemAsync(400, "INVALID_HANDOFF_CODE");
        }
        else
        {
            await response.AssertFieldsAsync("poll_secret=INVALID_FORMAT");
        }
    }

    private static async Task<(string Code, string Secret)> InitiateAsync(TestClient client)
    {
        using var response = await client.PostAsync("/v1/auth/handoff/initiate");
        var body = await response.JsonAsync(200);
        return (body.Text("code"), body.Text("poll_secret"));
    }

    private static async Task<JsonElement> PollAsync(TestClient client, string code, string secret)
    {
        using var response = await client.PostAsync($"/v1/auth/handoff/{code}/status", new { poll_secret = secret });
        return await response.JsonAsync(200);
    }
}
