using System.Buffers.Text;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Pairing.Tests.Infrastructure;

/// <summary>A token issuer on loopback, as a Keycloak realm: publishes keys and signs.</summary>
public sealed class TestRealm : IAsyncDisposable
{
    private readonly WebApplication _server;
    private int _fetches;

    private TestRealm(WebApplication server) => _server = server;

    public string Issuer { get; } = $"https://keycloak.example/realms/{Guid.NewGuid():N}";

    public Guid TenantId { get; } = Guid.NewGuid();

    public string Audience { get; } = "pairing-app";

    public RSA Rsa { get; } = RSA.Create(2048);

    public ECDsa Ec { get; } = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    /// <summary>What the realm publishes; keys <c>rsa</c> and <c>ec</c> at first.</summary>
    public string KeySet { get; set; } = "";

    /// <summary>What it answers with.</summary>
    public int Status { get; set; } = 200;

    /// <summary>What it waits for before it answers.</summary>
    public Task Before { get; set; } = Task.CompletedTask;

    /// <summary>Where it redirects to, if it does.</summary>
    public string? Location { get; set; }

    /// <summary>How often its keys were asked for.</summary>
    public int Fetches => Volatile.Read(ref _fetches);

    public string Address { get; private set; } = "";

    public static async Task<TestRealm> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        var server = builder.Build();
        var realm = new TestRealm(server);
        server.Run(realm.AnswerAsync);
        await server.StartAsync();
        realm.Address = $"{server.Urls.First()}/protocol/openid-connect/certs";
        realm.Reset();
        return realm;
    }

    /// <summary>Publishes what it published at first.</summary>
    public void Reset()
    {
        KeySet = $$"""{"keys":[{{RsaKey("rsa")}},{{EcKey("ec")}}]}""";
        Status = 200;
        Location = null;
        Before = Task.CompletedTask;
        Interlocked.Exchange(ref _fetches, 0);
    }

    public IReadOnlyDictionary<string, string?> Settings(params string[] algorithms)
    {
        var settings = new Dictionary<string, string?>(StringComparer.Ordinal)
        {
            ["Pairing:Realms:0:Issuer"] = Issuer,
            ["Pairing:Realms:0:JwksUri"] = Address,
            ["Pairing:Realms:0:Audience"] = Audience,
            ["Pairing:Realms:0:TenantId"] = TenantId.ToString(),
        };
        for (var i = 0; i < algorithms.Length; i++)
        {
            settings[$"Pairing:Realms:0:Algorithms:{i}"] = algorithms[i];
        }

        return settings;
    }

    public string RsaKey(string keyId, string more = "\"use\":\"sig\",\"alg\":\"RS256\"", RSA? rsa = null)
    {
        var parameters = (rsa ?? Rsa).ExportParameters(false);
        return $$"""{"kty":"RSA","kid":"{{keyId}}","n":"{{Base64Url.EncodeToString(parameters.Modulus)}}","e":"{{Base64Url.EncodeToString(parameters.Exponent)}}",{{more}}}""";
    }

    public string EcKey(string keyId, string more = "\"use\":\"sig\"", ECDsa? ec = null)
    {
        var q = (ec ?? Ec).ExportParameters(false).Q;
        return $$"""{"kty":"EC","crv":"P-256","kid":"{{keyId}}","x":"{{Base64Url.EncodeToString(q.X)}}","y":"{{Base64Url.EncodeToString(q.Y)}}",{{more}}}""";
    }

    public IDictionary<string, object?> Claims(TimeProvider clock, Guid? jti = null, Guid? user = null, int lifetime = 300)
    {
        var now = clock.GetUtcNow().ToUnixTimeSeconds();
        return new Dictionary<string, object?>(StringComparer.Ordinal)
        {
            ["iss"] = Issuer,
            ["aud"] = Audience,
            ["iat"] = now,
            ["exp"] = now + lifetime,
            ["jti"] = jti ?? Guid.NewGuid(),
            ["sub"] = user ?? Guid.NewGuid(),
            ["preferred_username"] = "grace",
        };
    }

    public string Token(IDictionary<string, object?> claims, string keyId = "rsa", string? algorithm = null, string moreHeader = "")
        => TestJwt.Create(keyId.StartsWith("ec", StringComparison.Ordinal) ? Ec : Rsa, keyId, claims, algorithm, moreHeader);

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        Rsa.Dispose();
        Ec.Dispose();
    }

    private async Task AnswerAsync(HttpContext context)
    {
        Interlocked.Increment(ref _fetches);
        await Before;
        context.Response.StatusCode = Status;
        if (Location is not null)
        {
            context.Response.Headers.Location = Location;
        }

        context.Response.ContentType = "application/json";
        await context.Response.WriteAsync(KeySet, context.RequestAborted);
    }
}
