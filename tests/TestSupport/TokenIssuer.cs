using System.Buffers.Text;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace TestSupport;

/// <summary>
/// A tenant's own login server, as far as device-registry sees one: it publishes a key, and tokens signed with it are accepted. Lives with the
/// stack; tests sign with <see cref="TokenSigner"/>.
/// </summary>
public sealed class TokenIssuer : IAsyncDisposable
{
    private readonly WebApplication server;
    private readonly ECDsa key;

    private TokenIssuer(WebApplication server, ECDsa key)
    {
        this.server = server;
        this.key = key;
    }

    /// <summary>What a test needs to sign.</summary>
    public TokenSigner Signer => new($"https://login.example/{Base64Url.EncodeToString(key.ExportParameters(false).Q.X.AsSpan(0, 9))}", Convert.ToBase64String(key.ExportPkcs8PrivateKey()));

    /// <summary>Settings that make device-registry accept it.</summary>
    public IEnumerable<(string Name, string Value)> Settings =>
    [
        ("DeviceRegistry__Issuers__0__Issuer", Signer.Issuer),
        ("DeviceRegistry__Issuers__0__Audience", TokenSigner.Audience),
        ("DeviceRegistry__Issuers__0__JwksUri", $"{server.Urls.First()}/jwks.json"),
    ];

    public static async Task<TokenIssuer> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        var issuer = new TokenIssuer(builder.Build(), ECDsa.Create(ECCurve.NamedCurves.nistP256));
        var point = issuer.key.ExportParameters(false).Q;
        var keys = $$"""{"keys":[{"kty":"EC","crv":"P-256","kid":"{{TokenSigner.KeyId}}","use":"sig","alg":"ES256","x":"{{Base64Url.EncodeToString(point.X)}}","y":"{{Base64Url.EncodeToString(point.Y)}}"}]}""";
        issuer.server.Run(context =>
        {
            context.Response.ContentType = "application/json";
            return context.Response.WriteAsync(keys);
        });
        await issuer.server.StartAsync();
        return issuer;
    }

    public async ValueTask DisposeAsync()
    {
        await server.DisposeAsync();
        key.Dispose();
    }
}
