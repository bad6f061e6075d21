using System.Text.Json;
using IdentityAuth.Tests.Infrastructure;

namespace IdentityAuth.Tests.Features;

/// <summary>Contract §6, what newer clients do: the browser shows which device waits.</summary>
public sealed class GetHandoffInfoTests(IdentityApp app)
{
    [Fact]
    public async Task GetHandoffInfo_WaitingDevice_IsNamedAndNothingIsTaken()
    {
        using var device = app.CreateClient();
        device.Platform = "desktop";
        device.UserAgent = "Mozilla/5.0 (Windows NT 10.0) Fluxer/1.0";
        using var browser = app.CreateClient();
        var account = await browser.RegisterAsync();
        var code = await Handoff.InitiateAsync(device);

        Assert.Equal(
            ("pending", "Fluxer Desktop", "Windows", JsonValueKind.Null),
            Describe(await InfoAsync(browser, code.ToLowerInvariant().Replace("-", "", StringComparison.Ordinal))));
        using var completed = await Handoff.CompleteAsync(account, code);
        await completed.AssertNoContentAsync();
        var info = await InfoAsync(browser, code);
        Assert.Equal("completed", info.Text("status"));
        Assert.False(info.TryGetProperty("token", out _));
        using var status = await device.GetAsync($"/v1/auth/handoff/{code}/status");
        Assert.Equal("completed", (await status.JsonAsync(200)).Text("status"));
        Assert.Equal("""{"status":"expired","client_info":null}""", (await InfoAsync(browser, code)).GetRawText());
    }

    [Fact]
    public async Task GetHandoffInfo_Malformed_Refused()
    {
        using var client = app.CreateClient();

        using var response = await client.GetAsync("/v1/auth/handoff/ABCD-234I/info");

        await response.AssertProblemAsync(400, "INVALID_HANDOFF_CODE");
    }

    private static (string Status, string Platform, string Os, JsonValueKind Location) Describe(JsonElement info)
    {
        var client = info.GetProperty("client_info");
        return (info.Text("status"), client.Text("platform"), client.Text("os"), client.GetProperty("location").ValueKind);
    }

    private static async Task<JsonElement> InfoAsync(TestClient client, string code)
    {
        using var response = await client.GetAsync($"/v1/auth/handoff/{code}/info");
        return await response.JsonAsync(200);
    }
}
