using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using ScopeSigning.Domain;
using ScopeSigning.Tests.Support;
using StackExchange.Redis;
using TestSupport;

namespace ScopeSigning.Tests.Http;

/// <summary>Redis remembers tokens that die by themselves, and may lose what it remembers: what they did is not done a second time.</summary>
public sealed class ReplayTests(ScopeSigningHost host)
{
    private const string Callback = "https://shop.example/callback";

    private readonly Api api = new(host);

    [Theory]
    [InlineData("exp")]
    [InlineData("iat")] // without exp
    public async Task RequestScope_ReplayAfterRedisHasForgotten_IsRefusedAndOpensNoJob(string time)
    {
        var (person, _) = await api.RegisterAsync();
        var nonce = NewNonce();
        var token = person.Token(new { scope = "email", email = Api.NewEmail(), jti = nonce, exp = time == "exp" ? (long?)DateTimeOffset.UtcNow.ToUnixTimeSeconds() + 60 : null });
        Assert.Equal(201, (await api.PostAsync("/scope", token)).Status);

        await ForgetAsync(person, nonce);

        Assert.Equal("auth-error", (await api.PostAsync("/scope", token)).Code);
        Assert.Equal(1, await host.EventsAsync("ScopeRequested", person.Sub));
        Assert.Equal(1, await host.CountAsync("SELECT count(*) FROM jobs WHERE sub = @sub AND state = 'waiting'", new { sub = person.Sub }));
    }

    [Fact]
    public async Task RequestPushLogin_ReplayAfterRedisHasForgotten_IsRefusedAndSendsNoPush()
    {
        var (person, _) = await api.RegisterAsync($"device-{Guid.NewGuid():N}");
        var nonce = NewNonce();
        var (path, token) = ($"/login?callback={Uri.EscapeDataString(Callback)}", person.Token(new { iss = "https://shop.example", aud = Callback, jti = nonce }));
        Assert.Equal(200, (await api.PostAsync(path, token)).Status);

        await ForgetAsync(person, nonce);

        Assert.Equal("auth-error", (await api.PostAsync(path, token)).Code);
        Assert.Equal(1, await host.EventsAsync("PushLoginRequested", person.Sub));
    }

    [Theory]
    [InlineData("POST")]
    [InlineData("PUT")]
    public async Task ChangeKey_ReplayAfterRedisHasForgotten_IsRefusedAndChangesNothing(string method)
    {
        var (person, _) = await api.RegisterAsync();
        var nonce = NewNonce();
        var token = person.Token(new { devtoken = "device-1", jti = nonce });
        Task<Answer> SendAsync() => method == "POST" ? api.PostAsync($"/key/{person.Sub}", token) : api.PutAsync($"/key/{person.Sub}", token);
        Assert.Equal(200, (await SendAsync()).Status);
        await host.ExecuteAsync("UPDATE keys SET devtoken = NULL WHERE sub = @sub", new { sub = person.Sub });

        await ForgetAsync(person, nonce);

        Assert.Equal("auth-error", (await SendAsync()).Code);
        Assert.Equal(0, await host.CountAsync("SELECT count(*) FROM keys WHERE sub = @sub AND devtoken IS NOT NULL", new { sub = person.Sub }));
    }

    [Fact]
    public async Task RegisterKey_TokenAtTheKeyAfterRedisHasForgotten_IsRefused()
    {
        var person = new Identity();
        var nonce = NewNonce();
        var token = person.Token(new { jti = nonce });
        Assert.Equal(201, (await api.PostAsync("/key", token)).Status);

        await ForgetAsync(person, nonce);

        Assert.Equal("auth-error", (await api.PostAsync($"/key/{person.Sub}", token)).Code);
    }

    [Fact]
    public async Task Sweep_NoncesOfDeadTokens_AreForgottenAndUntimedOnesStay()
    {
        var (person, _) = await api.RegisterAsync();
        await host.ExecuteAsync(
            "INSERT INTO nonces (sub, nonce, taken_at, expires_at) VALUES (@sub, 'dead', now(), now() - interval '1 second'), (@sub, 'untimed', now(), NULL)",
            new { sub = person.Sub });

        await ((Data.Sweeper)host.Services.GetServices<Microsoft.Extensions.Hosting.IHostedService>().Single(service => service is Data.Sweeper)).SweepAsync(TestContext.Current.CancellationToken);

        // The registration's own, which is still alive, and the untimed one.
        Assert.Equal(2, await host.CountAsync("SELECT count(*) FROM nonces WHERE sub = @sub", new { sub = person.Sub }));
        Assert.Equal(0, await host.CountAsync("SELECT count(*) FROM nonces WHERE sub = @sub AND nonce = 'dead'", new { sub = person.Sub }));
    }

    [Fact]
    public async Task Sweep_MoreThanABatch_RemovesAll()
    {
        var (person, _) = await api.RegisterAsync();
        await host.ExecuteAsync(
            """
            INSERT INTO nonces (sub, nonce, taken_at, expires_at)
            SELECT @sub, decode(to_hex(1000000 + n), 'escape'), now(), now() - interval '1 second' FROM generate_series(1, 5001) n;
            INSERT INTO revocations (pair_hmac, sub, code_hmac, expires_at)
            SELECT decode(@sub || n, 'escape'), @sub, '', now() - interval '1 second' FROM generate_series(1, 1001) n
            """,
            new { sub = person.Sub });

        await ((Data.Sweeper)host.Services.GetServices<Microsoft.Extensions.Hosting.IHostedService>().Single(service => service is Data.Sweeper)).SweepAsync(TestContext.Current.CancellationToken);

        Assert.Equal(0, await host.CountAsync("SELECT count(*) FROM revocations WHERE sub = @sub", new { sub = person.Sub }));
        Assert.Equal(1, await host.CountAsync("SELECT count(*) FROM nonces WHERE sub = @sub", new { sub = person.Sub }));
    }

    [Fact]
    public async Task Limits_RedisHasForgottenItsScripts_TheyAreLoadedAgain()
    {
        var (person, _) = await api.RegisterAsync();
        await api.RequestPhoneAsync(person, Api.NewPhone());

        // As after a restart of the server.
        using var redis = await ConnectionMultiplexer.ConnectAsync($"{(await BackingServers.GetAsync()).Redis},allowAdmin=true");
        await redis.GetServer(redis.GetEndPoints()[0]).ScriptFlushAsync();

        Assert.Equal(201, (await api.PostAsync("/scope", person.Token(new { scope = "phone", phone = Api.NewPhone() }))).Status);
    }

    private static string NewNonce() => Guid.NewGuid().ToString("N");

    private static async Task ForgetAsync(Identity person, string nonce)
    {
        using var redis = await ConnectionMultiplexer.ConnectAsync((await BackingServers.GetAsync()).Redis);
        Assert.True(await redis.GetDatabase().KeyDeleteAsync("scope-signing:nonce:" + Base64UrlText.Encode(SHA256.HashData(Encoding.UTF8.GetBytes($"{person.Sub}\n{nonce}")))));
    }
}
