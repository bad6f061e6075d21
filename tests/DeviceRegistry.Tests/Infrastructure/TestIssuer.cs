using System.Buffers.Text;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace DeviceRegistry.Tests.Infrastructure;

/// <summary>A token issuer on loopback: publishes its keys and signs. The same key set stands for identity-auth's in the tests.</summary>
public sealed class TestIssuer : IAsyncDisposable
{
    public const string Audience = "platform";

    private readonly WebApplication _server;
    private int _fetches;

    private TestIssuer(WebApplication server) => _server = server;

    /// <summary>Claim <c>iss</c>.</summary>
    public string Issuer { get; init; } = $"https://issuer.example/{Guid.NewGuid():N}";

    public ECDsa Ec { get; } = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    public RSA Rsa { get; } = RSA.Create(2048);

    /// <summary>What it publishes; keys <c>ec</c> and <c>rsa</c> at first.</summary>
    public string KeySet { get; set; } = "";

    /// <summary>What it answers with.</summary>
    public int Status { get; set; } = 200;

    /// <summary>What it waits for before it answers.</summary>
    public Task Ready { get; set; } = Task.CompletedTask;

    /// <summary>How often its keys were asked for.</summary>
    public int Fetches => Volatile.Read(ref _fetches);

    public string JwksUri { get; private set; } = "";

    public static async Task<TestIssuer> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        var server = builder.Build();
        var issuer = new TestIssuer(server);
        server.Run(issuer.AnswerAsync);
        await server.StartAsync();
        issuer.JwksUri = $"{server.Urls.First()}/jwks.json";
        issuer.KeySet = $$"""{"keys":[{{issuer.EcKey("ec")}},{{issuer.RsaKey("rsa")}}]}""";
        return issuer;
    }

    /// <summary>Settings that make the service accept this issuer, as number <paramref name="index"/>.</summary>
    public IReadOnlyDictionary<string, string?> Settings(int index = 0) => new Dictionary<string, string?>(StringComparer.Ordinal)
    {
        [$"DeviceRegistry:Issuers:{index}:Issuer"] = Issuer,
        [$"DeviceRegistry:Issuers:{index}:JwksUri"] = JwksUri,
        [$"DeviceRegistry:Issuers:{index}:Audience"] = Audience,
    };

    /// <summary>Signs a token about somebody.</summary>
    public string Sign(object claims, string keyId = "ec", string? algorithm = null, string moreHeader = "")
        => TestJwt.Create(keyId == "rsa" ? Rsa : Ec, keyId, claims, algorithm, moreHeader);

    /// <summary>The claims of an ordinary token, to be changed.</summary>
    public IDictionary<string, object?> Claims(string identity, TimeProvider clock, int lifetime = 3600)
    {
        var now = clock.GetUtcNow().ToUnixTimeSeconds();
        return new Dictionary<string, object?>(StringComparer.Ordinal)
        {
            ["iss"] = Issuer, ["aud"] = Audience, ["sub"] = identity, ["iat"] = now, ["exp"] = now + lifetime,
        };
    }

    public string EcKey(string keyId, ECDsa? key = null)
    {
        var point = (key ?? Ec).ExportParameters(false).Q;
        return $$"""{"kty":"EC","crv":"P-256","kid":"{{keyId}}","use":"sig","alg":"ES256","x":"{{Base64Url.EncodeToString(point.X)}}","y":"{{Base64Url.EncodeToString(point.Y)}}"}""";
    }

    public string RsaKey(string keyId)
    {
        var parameters = Rsa.ExportParameters(false);
        return $$"""{"kty":"RSA","kid":"{{keyId}}","use":"sig","n":"{{Base64Url.EncodeToString(parameters.Modulus)}}","e":"{{Base64Url.EncodeToString(parameters.Exponent)}}"}""";
    }

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        Ec.Dispose();
        Rsa.Dispose();
    }

    private async Task AnswerAsync(HttpContext context)
    {
        Interlocked.Increment(ref _fetches);
        await Ready;
        context.Response.StatusCode = Status;
        context.Response.ContentType = "application/json";
        await context.Response.WriteAsync(KeySet);
    }
}
