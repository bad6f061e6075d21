using System.Net;
using static AppHost.Tests.Dashboard.DashboardServer;

namespace AppHost.Tests.Dashboard;

public sealed class ResourceApiTests
{
    private const string Stop = "/api/resources/pairing-aaaaaaaa/commands/stop";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("Sec-Fetch-Site", "cross-site")]
    [InlineData("Sec-Fetch-Site", "same-site")]
    [InlineData("Origin", "http://evil.example")]
    [InlineData("Origin", "http://localhost:8080")]
    [InlineData("Origin", "null")]
    public async Task Command_FromAnotherOrigin_Answers403AndDoesNothing(string header, string value)
    {
        await using var server = await StartWithPairingAsync();
        using var client = await server.LogInAsPageAsync();
        client.DefaultRequestHeaders.Add(header, value);

        using var answer = await client.PostAsync(Stop, null, Cancellation);
        using var read = await client.GetAsync("/api/resources/pairing-aaaaaaaa/environment?name=Pairing__AdminKey", Cancellation);

        Assert.Equal(HttpStatusCode.Forbidden, answer.StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden, read.StatusCode);
        Assert.Empty(server.Source.Executed);
    }

    [Fact]
    public async Task Command_WithoutOurHeader_Answers403AndDoesNothing()
    {
        await using var server = await StartWithPairingAsync();
        using var client = await server.LogInAsync();

        using var answer = await client.PostAsync(Stop, new FormUrlEncodedContent([]), Cancellation);

        Assert.Equal(HttpStatusCode.Forbidden, answer.StatusCode);
        Assert.Empty(server.Source.Executed);
    }

    [Fact]
    public async Task Command_NotLoggedIn_Answers401AndDoesNothing()
    {
        await using var server = await StartWithPairingAsync();
        server.Anonymous.DefaultRequestHeaders.Add("X-Dashboard-Request", "1");

        using var answer = await server.Anonymous.PostAsync(Stop, null, Cancellation);

        Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
        Assert.Empty(server.Source.Executed);
    }

    [Fact]
    public async Task Command_ByGet_Answers405AndDoesNothing()
    {
        await using var server = await StartWithPairingAsync();
        using var client = await server.LogInAsPageAsync();

        using var answer = await client.GetAsync(Stop, Cancellation);

        Assert.Equal(HttpStatusCode.MethodNotAllowed, answer.StatusCode);
        Assert.Empty(server.Source.Executed);
    }

    [Theory]
    [InlineData("/api/resources/unknown/commands/stop", HttpStatusCode.NotFound)]
    [InlineData("/api/resources/pairing-aaaaaaaa/commands/delete", HttpStatusCode.NotFound)]
    [InlineData("/api/resources/hidden-aaaaaaaa/commands/stop", HttpStatusCode.NotFound)]
    [InlineData("/api/resources/pairing-aaaaaaaa/commands/start", HttpStatusCode.Conflict)]
    public async Task Command_UnknownOrNotNow_IsRefusedAndDoesNothing(string path, HttpStatusCode status)
    {
        await using var server = await StartWithPairingAsync();
        using var client = await server.LogInAsPageAsync();

        using var answer = await client.PostAsync(path, null, Cancellation);

        Assert.Equal(status, answer.StatusCode);
        Assert.Empty(server.Source.Executed);
    }

    [Fact]
    public async Task Command_EngineRefuses_Answers409WithItsSentence()
    {
        await using var server = await StartWithPairingAsync();
        server.Source.OnExecute = (_, _) => "It is stopping already.";
        using var client = await server.LogInAsPageAsync();

        using var answer = await client.PostAsync(Stop, null, Cancellation);

        Assert.Equal(HttpStatusCode.Conflict, answer.StatusCode);
        Assert.Contains("It is stopping already.", await answer.Content.ReadAsStringAsync(Cancellation), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Command_FromOurPage_ReachesTheEngine()
    {
        await using var server = await StartWithPairingAsync();
        using var client = await server.LogInAsPageAsync();
        client.DefaultRequestHeaders.Add("Origin", server.Host.Url.GetLeftPart(UriPartial.Authority));
        client.DefaultRequestHeaders.Add("Sec-Fetch-Site", "same-origin");

        using var answer = await client.PostAsync(Stop, null, Cancellation);

        Assert.Equal(HttpStatusCode.NoContent, answer.StatusCode);
        Assert.Equal(["pairing-aaaaaaaa stop"], server.Source.Executed);
    }

    [Fact]
    public async Task Environment_All_LeavesSecretsOut()
    {
        await using var server = await StartWithPairingAsync();
        using var client = await server.LogInAsync();

        var all = await JsonAsync(client, "/api/resources/pairing-aaaaaaaa/environment");

        Assert.Equal(["ASPNETCORE_URLS"], all.EnumerateArray().Select(one => one.GetProperty("name").GetString()));
    }

    [Fact]
    public async Task Environment_ByName_AlsoShowsASecret()
    {
        await using var server = await StartWithPairingAsync();
        using var client = await server.LogInAsync();

        var one = await JsonAsync(client, "/api/resources/pairing-aaaaaaaa/environment?name=Pairing__AdminKey");

        Assert.Equal("secret-variable", one.GetProperty("value").GetString());
    }

    [Theory]
    [InlineData("/api/resources/pairing-aaaaaaaa/environment?name=pairing__adminkey")]
    [InlineData("/api/resources/unknown/environment")]
    [InlineData("/api/resources/unknown/connection-string")]
    [InlineData("/api/resources/bare-aaaaaaaa/connection-string")]
    [InlineData("/api/resources/unknown/console.txt")]
    public async Task Detail_Unknown_Answers404(string path)
    {
        await using var server = await StartWithPairingAsync();
        using var client = await server.LogInAsync();

        using var answer = await client.GetAsync(path, Cancellation);

        Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
    }

    [Fact]
    public async Task ConnectionString_Asked_IsShown()
    {
        await using var server = await StartWithPairingAsync();
        using var client = await server.LogInAsync();

        var answer = await JsonAsync(client, "/api/resources/pairing-aaaaaaaa/connection-string");

        Assert.Equal("Host=localhost;Password=secret-connection", answer.GetProperty("value").GetString());
    }

    [Fact]
    public async Task Download_KeptLines_HasTimesStreamsAndNoColours()
    {
        await using var server = await StartWithPairingAsync();
        var at = new DateTimeOffset(2026, 5, 1, 12, 0, 0, 123, TimeSpan.Zero);
        server.Source.Write("pairing-aaaaaaaa", "\x1b[32minfo\x1b[39m: \x1b]8;;http://x\x07ready", at: at);
        server.Source.Write("pairing-aaaaaaaa", "broken", isError: true, at: at);
        using var client = await server.LogInAsync();

        using var answer = await client.GetAsync("/api/resources/pairing-aaaaaaaa/console.txt", Cancellation);

        Assert.Equal("attachment", answer.Content.Headers.ContentDisposition?.DispositionType);
        Assert.Equal(
            "2026-05-01T12:00:00.1230000Z out info: ready\n2026-05-01T12:00:00.1230000Z err broken\n",
            await answer.Content.ReadAsStringAsync(Cancellation));
    }

    private static async Task<DashboardServer> StartWithPairingAsync()
    {
        var server = await StartAsync();
        server.Source.Set(Resource());
        server.Source.Set(Resource("hidden-aaaaaaaa", "hidden") with { IsHidden = true });
        server.Source.Set(Resource("bare-aaaaaaaa", "bare") with { ConnectionString = null });
        using var client = await server.LogInAsync();
        using var events = await EventReader.OpenAsync(client, "/api/live");
        var known = new HashSet<string>(StringComparer.Ordinal);
        while (known.Count < 3)
        {
            var (_, data) = (await events.NextAsync()) ?? throw new EndOfStreamException();
            if (data.ValueKind == System.Text.Json.JsonValueKind.Array)
            {
                known.UnionWith(data.EnumerateArray().Select(one => one.GetProperty("id").GetString()!));
            }
        }

        return server;
    }
}
