using IdentityAuth.Tests.Infrastructure;

namespace IdentityAuth.Tests.Features;

/// <summary>Contract §6.</summary>
public sealed class InitiateHandoffTests(IdentityApp app)
{
    [Fact]
    public async Task InitiateHandoff_Anybody_GetsACode()
    {
        using var client = app.CreateClient();

        using var response = await client.PostAsync("/v1/auth/handoff/initiate", "null");

        var body = await response.JsonAsync(200);
        Assert.Matches("^[ABCDEFGHJKMNPQRSTUVWXYZ23456789]{4}-[ABCDEFGHJKMNPQRSTUVWXYZ23456789]{4}$", body.Text("code"));
        Assert.Matches(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$", body.Text("expires_at"));
        Assert.Matches("^[A-Za-z0-9]{64}$", body.Text("poll_secret"));
        Assert.InRange(body.GetProperty("expires_at").GetDateTimeOffset() - DateTimeOffset.UtcNow, TimeSpan.FromMinutes(4), TimeSpan.FromMinutes(5));
    }
}

internal static class Handoff
{
    public static async Task<string> InitiateAsync(TestClient client)
    {
        using var response = await client.PostAsync("/v1/auth/handoff/initiate");
        return (await response.JsonAsync(200)).Text("code");
    }

    public static Task<HttpResponseMessage> CompleteAsync(TestAccount account, string code)
        => account.Client.PostAsync("/v1/auth/handoff/complete", new { code, token = account.Token, user_id = account.Id });
}
