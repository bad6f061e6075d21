using System.Buffers.Text;
using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace IdentitySimulator;

/// <summary>
/// A company's identity provider (OpenID Connect Core 1.0, Discovery 1.0, RFC 7636) on a free port of loopback: everything up to the
/// token is real, and <see cref="Behaviour"/> can do one thing wrong.
/// </summary>
public sealed class OidcProvider : IAsyncDisposable
{
    public const string ClientId = "platform-tests";
    public const string ClientSecret = "secret:with/odd characters";

    /// <summary>Says at the authorization endpoint who is at the browser (<see cref="Person.ToHeader"/>): there is no page to sign in.</summary>
    public const string PersonHeader = "X-Person";

    private readonly WebApplication _app;
    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly ECDsa _strangersKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly ConcurrentDictionary<string, Grant> _grants = new(StringComparer.Ordinal);
    private int _tokenRequests;
    private int _discoveries;
    private int _openDiscoveries;
    private int _keyRequests;
    private int _openKeyRequests;

    private OidcProvider(WebApplication app) => _app = app;

    /// <summary>Without a slash at its end.</summary>
    public string Issuer { get; private set; } = "";

    /// <summary>The key id that it publishes and signs with.</summary>
    public string KeyId { get; set; } = "key-1";

    public Misbehaviour Behaviour { get; set; } = new();

    /// <summary>How often its token endpoint was asked.</summary>
    public int TokenRequests => _tokenRequests;

    public int Discoveries => _discoveries;

    /// <summary>How many wait for its discovery document now.</summary>
    public int OpenDiscoveries => Volatile.Read(ref _openDiscoveries);

    public int KeyRequests => _keyRequests;

    /// <summary>How many wait for its keys now.</summary>
    public int OpenKeyRequests => Volatile.Read(ref _openKeyRequests);

    public static async Task<OidcProvider> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(server => server.Listen(IPAddress.Loopback, 0));
        var app = builder.Build();
        var provider = new OidcProvider(app);
        app.MapGet("/.well-known/openid-configuration", (Delegate)provider.GetConfigurationAsync);
        app.MapGet("/jwks", provider.GetKeysAsync);
        app.MapGet("/authorize", provider.Authorize);
        app.MapPost("/token", provider.ExchangeAsync);
        app.MapGet("/userinfo", provider.GetUserInfo);
        await app.StartAsync();
        var address = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();
        provider.Issuer = address.Replace("127.0.0.1", "localhost", StringComparison.Ordinal);
        return provider;
    }

    /// <summary>
    /// The user's browser follows the authorization URL and signs in as <paramref name="person"/>: the code and the state with which
    /// it comes back.
    /// </summary>
    public static async Task<(string Code, string State)> SignInAsync(string authorizationUrl, Person person)
    {
        using var browser = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, UseProxy = false });
        using var request = new HttpRequestMessage(HttpMethod.Get, authorizationUrl);
        request.Headers.Add(PersonHeader, person.ToHeader());
        using var response = await browser.SendAsync(request);
        if (response.StatusCode != HttpStatusCode.Redirect)
        {
            throw new InvalidOperationException($"The provider answered {(int)response.StatusCode}: {await response.Content.ReadAsStringAsync()}");
        }

        var query = Microsoft.AspNetCore.WebUtilities.QueryHelpers.ParseQuery(response.Headers.Location!.Query);
        return (query["code"].ToString(), query["state"].ToString());
    }

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        _key.Dispose();
        _strangersKey.Dispose();
    }

    private async Task<IResult> GetConfigurationAsync(HttpContext http)
    {
        Interlocked.Increment(ref _discoveries);
        Interlocked.Increment(ref _openDiscoveries);
        try
        {
            await Behaviour.Silence.WaitAsync(http.RequestAborted);
        }
        finally
        {
            Interlocked.Decrement(ref _openDiscoveries);
        }

        var document = new JsonObject
        {
            ["issuer"] = Behaviour.DiscoveredIssuer ?? Issuer,
            ["authorization_endpoint"] = $"{Issuer}/authorize",
            ["token_endpoint"] = $"{Issuer}/token",
            ["jwks_uri"] = $"{Issuer}/jwks",
            ["response_types_supported"] = new JsonArray("code"),
            ["subject_types_supported"] = new JsonArray("public"),
            ["id_token_signing_alg_values_supported"] = new JsonArray("ES256"),
        };
        if (Behaviour.HasUserInfo)
        {
            document["userinfo_endpoint"] = $"{Issuer}/userinfo";
        }

        return Results.Text(document.ToJsonString(), "application/json");
    }

    private async Task<IResult> GetKeysAsync(CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _keyRequests);
        Interlocked.Increment(ref _openKeyRequests);
        try
        {
            await Behaviour.KeySilence.WaitAsync(cancellationToken);
        }
        finally
        {
            Interlocked.Decrement(ref _openKeyRequests);
        }

        var point = _key.ExportParameters(false).Q;
        return Results.Json(new
        {
            keys = new[]
            {
                new { kty = "EC", crv = "P-256", alg = "ES256", use = "sig", kid = KeyId, x = Base64Url.EncodeToString(point.X), y = Base64Url.EncodeToString(point.Y) },
            },
        });
    }

    private IResult Authorize(HttpRequest request)
    {
        string Query(string name) => request.Query[name].ToString();
        if (Query("response_type") != "code" || Query("client_id") != ClientId || Query("code_challenge_method") != "S256"
            || Query("code_challenge").Length != 43 || Query("state").Length == 0 || Query("nonce").Length == 0
            || !Query("scope").Split(' ').Contains("openid"))
        {
            return Results.BadRequest("invalid_request");
        }

        var person = JsonNode.Parse(Convert.FromBase64String(request.Headers[PersonHeader].ToString()))!.AsObject();
        var code = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));
        _grants[code] = new Grant(Query("redirect_uri"), Query("code_challenge"), Query("nonce"), person);
        return Results.Redirect($"{Query("redirect_uri")}?code={code}&state={Uri.EscapeDataString(Query("state"))}");
    }

    private async Task<IResult> ExchangeAsync(HttpRequest request)
    {
        Interlocked.Increment(ref _tokenRequests);
        var form = await request.ReadFormAsync();
        // RFC 6749 §2.3.1: both parts are form-encoded before they are joined.
        var basic = Encoding.UTF8.GetString(Convert.FromBase64String(request.Headers.Authorization.ToString()["Basic ".Length..])).Split(':', 2);
        if (WebUtility.UrlDecode(basic[0]) != ClientId || WebUtility.UrlDecode(basic[1]) != ClientSecret)
        {
            return Results.Json(new { error = "invalid_client" }, statusCode: 401);
        }

        if (Behaviour.TokenStatus is { } status)
        {
            return Results.StatusCode(status);
        }

        if (!_grants.TryRemove(form["code"].ToString(), out var grant)
            || form["grant_type"] != "authorization_code"
            || form["redirect_uri"] != grant.RedirectUri
            || Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(form["code_verifier"].ToString()))) != grant.CodeChallenge)
        {
            return Results.Json(new { error = "invalid_grant" }, statusCode: 400);
        }

        var accessToken = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));
        _grants[accessToken] = grant;
        return Results.Json(new { access_token = accessToken, token_type = "Bearer", expires_in = 60, id_token = IdToken(grant) });
    }

    private IResult GetUserInfo(HttpRequest request)
    {
        if (!_grants.TryGetValue(request.Headers.Authorization.ToString()["Bearer ".Length..], out var grant))
        {
            return Results.Unauthorized();
        }

        var answer = (JsonObject)(Behaviour.UserInfo ?? grant.Person).DeepClone();
        return Results.Text(answer.ToJsonString(), "application/json");
    }

    private string IdToken(Grant grant)
    {
        var now = DateTimeOffset.UtcNow.ToUnixTimeSeconds() + (long)Behaviour.ClockAhead.TotalSeconds;
        var claims = new JsonObject
        {
            ["iss"] = Behaviour.TokenIssuer ?? Issuer,
            ["aud"] = Behaviour.Audience ?? ClientId,
            ["iat"] = now,
            ["exp"] = now + 300,
            ["nonce"] = Behaviour.Nonce ?? grant.Nonce,
        };
        foreach (var (name, value) in grant.Person)
        {
            claims[name] = value?.DeepClone();
        }

        foreach (var name in Behaviour.LeftOut)
        {
            claims.Remove(name);
        }

        var algorithm = Behaviour.Algorithm;
        var header = new JsonObject { ["alg"] = algorithm, ["typ"] = "JWT", ["kid"] = Behaviour.TokenKeyId ?? KeyId };
        var signed = $"{Encode(header)}.{Encode(claims)}";
        var data = Encoding.ASCII.GetBytes(signed);
        var signature = algorithm switch
        {
            "none" => [],
            // The public key as the secret of an HMAC: RFC 8725 §2.1.
            "HS256" => HMACSHA256.HashData(_key.ExportSubjectPublicKeyInfo(), data),
            _ => (Behaviour.SignedByStranger ? _strangersKey : _key).SignData(data, HashAlgorithmName.SHA256),
        };
        return $"{signed}.{Base64Url.EncodeToString(signature)}";
    }

    private static string Encode(JsonObject json) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(json.ToJsonString()));

    private sealed record Grant(string RedirectUri, string CodeChallenge, string Nonce, JsonObject Person);

    /// <summary>Who signs in at the provider.</summary>
    public sealed record Person(string Subject, string? Email, bool? EmailVerified = true, string? Name = null)
    {
        public JsonObject ToJson()
        {
            var json = new JsonObject { ["sub"] = Subject };
            if (Email is not null)
            {
                json["email"] = Email;
            }

            if (EmailVerified is { } verified)
            {
                json["email_verified"] = verified;
            }

            if (Name is not null)
            {
                json["name"] = Name;
            }

            return json;
        }

        /// <summary>Value of <see cref="PersonHeader"/>.</summary>
        public string ToHeader() => Convert.ToBase64String(Encoding.UTF8.GetBytes(ToJson().ToJsonString()));
    }

    /// <summary>What the provider does wrong.</summary>
    public sealed record Misbehaviour
    {
        /// <summary>Until this is over, its discovery document is not answered.</summary>
        public Task Silence { get; init; } = Task.CompletedTask;

        /// <summary>Until this is over, its keys are not answered.</summary>
        public Task KeySilence { get; init; } = Task.CompletedTask;

        public string? DiscoveredIssuer { get; init; }

        public string? TokenIssuer { get; init; }

        public string? Audience { get; init; }

        public string? Nonce { get; init; }

        public string? TokenKeyId { get; init; }

        /// <summary><c>ES256</c>, <c>HS256</c> or <c>none</c>.</summary>
        public string Algorithm { get; init; } = "ES256";

        public bool SignedByStranger { get; init; }

        /// <summary>Added to its clock.</summary>
        public TimeSpan ClockAhead { get; init; }

        /// <summary>Claims that it leaves out of the ID token.</summary>
        public IReadOnlyList<string> LeftOut { get; init; } = [];

        public bool HasUserInfo { get; init; }

        /// <summary>What the userinfo endpoint says instead of the person's own claims.</summary>
        public JsonObject? UserInfo { get; init; }

        /// <summary>What the token endpoint answers instead of a token.</summary>
        public int? TokenStatus { get; init; }
    }
}
