using ScopeSigning.Tests.Support;

namespace ScopeSigning.Tests.Features;

public sealed class RequestPushLoginTests(ScopeSigningHost host)
{
    private const string Callback = "https://shop.example/callback?state=1";
    private const string Site = "https://shop.example";

    private readonly Api api = new(host);

    [Fact]
    public async Task RequestPushLogin_RegisteredPhone_ReceivesThePushOnce()
    {
        var device = NewDevice();
        var (person, _) = await api.RegisterAsync(device);
        var token = person.Token(new { iss = Site, aud = Callback });

        var first = await api.PostAsync(Path(Callback), token);
        var replay = await api.PostAsync(Path(Callback), token);

        Assert.Equal(200, first.Status);
        Assert.Equal("sent", first.Text("status"));
        Assert.Equal("auth-error", replay.Code);
        var push = await host.Sinks.WaitForAsync(device);
        Assert.Equal("push", push.Way);
        Assert.Equal("login", push.Json.GetProperty("kind").GetString());
        Assert.Equal(Callback, push.Json.GetProperty("callback").GetString());
        Assert.Equal(Site, push.Json.GetProperty("iss").GetString());
        Assert.Equal(push.Json.GetProperty("iat").GetInt64() + 120, push.Json.GetProperty("exp").GetInt64());
        Assert.Equal(push.Key, push.Json.GetProperty("id").GetString());
        Assert.DoesNotContain(person.Sub, push.Text, StringComparison.Ordinal);
        Assert.Equal(["id", "kind", "devtoken", "callback", "iss", "iat", "exp"], push.Json.EnumerateObject().Select(member => member.Name));
        Assert.Equal(1, await host.EventsAsync("PushLoginRequested", person.Sub));
        Assert.Single(host.Sinks.For(device));
    }

    [Theory]
    [InlineData("/login")]
    [InlineData("/login?callback=")]
    [InlineData("/login?Callback=https%3A%2F%2Fshop.example%2F")]
    [InlineData("/login?callback=https%3A%2F%2Fshop.example%2F&callback=https%3A%2F%2Fshop.example%2F")]
    [InlineData("/login?callback=http%3A%2F%2Fshop.example%2F")]
    [InlineData("/login?callback=https%3A%2F%2F127.0.0.1%2F")]
    [InlineData("/login?callback=%zz")]
    public async Task RequestPushLogin_BadCallback_IsToldBeforeTheTokenIsRead(string path)
    {
        var answer = await api.PostAsync(path, "not a token");

        Assert.Equal(400, answer.Status);
        Assert.Equal("bad-callback", answer.Code);
    }

    [Theory]
    [InlineData("https://shop.example/callback?state=2")]
    [InlineData("https://shop.example/callback?state=1/")]
    [InlineData("https://SHOP.example/callback?state=1")]
    [InlineData("https://shop.example:443/callback?state=1")]
    [InlineData("https%3A%2F%2Fshop.example%2Fcallback%3Fstate%3D1")]
    [InlineData("")]
    public async Task RequestPushLogin_AudienceInAnotherSpelling_IsRefused(string audience)
    {
        var (person, _) = await api.RegisterAsync(NewDevice());

        var answer = await api.PostAsync(Path(Callback), person.Token(new { iss = Site, aud = audience }));

        Assert.Equal(401, answer.Status);
        Assert.Equal("aud-error", answer.Code);
    }

    [Fact]
    public async Task RequestPushLogin_AudienceMissingOrSeveral_IsRefused()
    {
        var (person, _) = await api.RegisterAsync(NewDevice());

        Assert.Equal("aud-error", (await api.PostAsync(Path(Callback), person.Token(new { iss = Site }))).Code);
        Assert.Equal("aud-error", (await api.PostAsync(Path(Callback), person.Token(new { iss = Site, aud = new[] { Callback, Site } }))).Code);
        Assert.Equal("aud-error", (await api.PostAsync(Path(Callback), person.Token(new { iss = Site, aud = 1 }))).Code);
        Assert.Equal(200, (await api.PostAsync(Path(Callback), person.Token(new { iss = Site, aud = new[] { Callback } }))).Status);
    }

    [Theory]
    [InlineData("/a/path")]
    [InlineData("shop.example")]
    [InlineData("not a uri")]
    [InlineData("")]
    public async Task RequestPushLogin_IssuerThatIsNoAbsoluteUri_IsBadRequest(string issuer)
        => Assert.Equal("bad-request", (await api.PostAsync(Path(Callback), new Identity().Token(new { iss = issuer, aud = Callback }))).Code);

    [Fact]
    public async Task RequestPushLogin_IssuerMissing_IsBadRequest()
        => Assert.Equal("bad-request", (await api.PostAsync(Path(Callback), new Identity().Token(new { aud = Callback }))).Code);

    [Fact]
    public async Task RequestPushLogin_TokenThatClaimsToBeOurs_IsRefused()
        => Assert.Equal("auth-error", (await api.PostAsync(Path(Callback), new Identity().Token(new { iss = ScopeSigningHost.Issuer, aud = Callback }))).Code);

    [Fact]
    public async Task RequestPushLogin_UnknownOrRevokedKeyOrNoDevice_IsToldApart()
    {
        var stranger = new Identity();
        Assert.Equal("unknown-key", (await api.PostAsync(Path(Callback), stranger.Token(new { iss = Site, aud = Callback }))).Code);

        var (person, secret) = await api.RegisterAsync();
        Assert.Equal("no-device", (await api.PostAsync(Path(Callback), person.Token(new { iss = Site, aud = Callback }))).Code);
        await api.DeleteAsync($"/key/{person.Sub}?secret={secret}");
        Assert.Equal("revoked-key", (await api.PostAsync(Path(Callback), person.Token(new { iss = Site, aud = Callback }))).Code);
    }

    [Theory]
    [InlineData(404)]
    [InlineData(410)]
    public async Task RequestPushLogin_ProviderCallsTheDeviceDead_TheNextIsNoDevice(int status)
    {
        var device = NewDevice();
        var (person, _) = await api.RegisterAsync(device);
        host.Sinks.Behaviour[device] = () => Task.FromResult(status);

        Assert.Equal(200, (await api.PostAsync(Path(Callback), person.Token(new { iss = Site, aud = Callback }))).Status);
        await Eventually.TrueAsync(
            async () => await host.CountAsync("SELECT count(*) FROM keys WHERE sub = @sub AND devtoken IS NULL", new { sub = person.Sub }) == 1, "the device token is cleared");

        Assert.Equal("no-device", (await api.PostAsync(Path(Callback), person.Token(new { iss = Site, aud = Callback }))).Code);
        Assert.Single(host.Sinks.For(device));
    }

    [Fact]
    public async Task RequestPushLogin_ProviderCallsAReplacedDeviceDead_TheNewOneStays()
    {
        var device = NewDevice();
        var (person, _) = await api.RegisterAsync(device);
        host.Sinks.Behaviour[device] = async () =>
        {
            await api.PostAsync($"/key/{person.Sub}", person.Token(new { devtoken = "a-newer-one" }));
            return 410;
        };

        await api.PostAsync(Path(Callback), person.Token(new { iss = Site, aud = Callback }));
        await Eventually.TrueAsync(async () => await host.CountAsync("SELECT count(*) FROM deliveries WHERE sub = @sub", new { sub = person.Sub }) == 0, "the push is over");

        Assert.Equal(1, await host.CountAsync("SELECT count(*) FROM keys WHERE sub = @sub AND devtoken IS NOT NULL", new { sub = person.Sub }));
    }

    [Fact]
    public async Task RequestPushLogin_TwoHundredInParallel_FiveAreSent()
    {
        var device = NewDevice();
        var (person, _) = await api.RegisterAsync(device);

        await api.WarmUpAsync();
        var answers = await Task.WhenAll(Enumerable.Range(0, 200).Select(_ => api.PostAsync(Path(Callback), person.Token(new { iss = Site, aud = Callback }))));

        Assert.Equal(5, answers.Count(answer => answer.Status == 200));
        Assert.Equal(195, answers.Count(answer => answer.Status == 429 && answer.Code == "rate-limit"));
        await host.Sinks.WaitForAsync(device, 5);
    }

    [Fact]
    public async Task RequestPushLogin_LongLivedTokenOfEightyNineDays_IsTakenAndOneOfNinetyOneIsNot()
    {
        var (person, _) = await api.RegisterAsync(NewDevice());
        var now = DateTimeOffset.UtcNow.ToUnixTimeSeconds();

        Assert.Equal(200, (await api.PostAsync(Path(Callback), person.Token(new { iss = Site, aud = Callback, exp = now + (89 * 86_400) }))).Status);
        Assert.Equal("auth-error", (await api.PostAsync(Path(Callback), person.Token(new { iss = Site, aud = Callback, exp = now + (91 * 86_400) }))).Code);
    }

    private static string NewDevice() => $"device-{Guid.NewGuid():N}";

    private static string Path(string callback) => $"/login?callback={Uri.EscapeDataString(callback)}";
}
