using System.Globalization;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace IdentityAuth.Tests.Infrastructure;

/// <summary>A device: an address, headers, and the calls that most tests make.</summary>
public sealed class TestClient(IdentityApp app, HttpClient http, string address) : IDisposable
{
    public const string Password = "correct horse battery";

    private static int lastAddress;

    public IdentityApp App => app;

    /// <summary>Where this device is.</summary>
    public string Address { get; set; } = address;

    public string? Platform { get; set; }

    public string? UserAgent { get; set; }

    /// <summary>Where nobody was before.</summary>
    public static string NewAddress()
    {
        var number = Interlocked.Increment(ref lastAddress);
        return string.Create(CultureInfo.InvariantCulture, $"10.{(number >> 16) & 255}.{(number >> 8) & 255}.{number & 255}");
    }

    public static string NewEmail() => $"user-{Guid.NewGuid():N}@example.test";

    public async Task<HttpResponseMessage> SendAsync(
        HttpMethod method, string path, object? body = null, string? token = null, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(method, path);
        request.Headers.Add("X-Forwarded-For", Address);
        if (token is not null)
        {
            request.Headers.TryAddWithoutValidation("Authorization", token);
        }

        if (Platform is not null)
        {
            request.Headers.Add("X-Fluxer-Platform", Platform);
        }

        if (UserAgent is not null)
        {
            request.Headers.TryAddWithoutValidation("User-Agent", UserAgent);
        }

        foreach (var (name, value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        request.Content = body switch
        {
            null => null,
            string text => new StringContent(text, Encoding.UTF8, "application/json"),
            byte[] bytes => new ByteArrayContent(bytes),
            _ => JsonContent.Create(body),
        };
        return await http.SendAsync(request);
    }

    public Task<HttpResponseMessage> PostAsync(string path, object? body = null, string? token = null, params (string Name, string Value)[] headers)
        => SendAsync(HttpMethod.Post, path, body, token, headers);

    public Task<HttpResponseMessage> GetAsync(string path, string? token = null) => SendAsync(HttpMethod.Get, path, null, token);

    /// <summary>A question whose asker leaves when told so.</summary>
    public async Task<HttpResponseMessage> GetUntilAsync(string path, CancellationToken leaves)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.Add("X-Forwarded-For", Address);
        return await http.SendAsync(request, leaves);
    }

    /// <summary>A registration that is in order; a value of <see langword="null"/> leaves a member out.</summary>
    public static JsonObject Registration(string? email = null, string? password = Password, params (string Name, JsonNode? Value)[] others)
    {
        var body = new JsonObject { ["email"] = email ?? NewEmail(), ["password"] = password, ["date_of_birth"] = "1990-05-17", ["consent"] = true };
        foreach (var (name, value) in others)
        {
            body[name] = value;
        }

        return body;
    }

    /// <summary>Makes an account and signs in.</summary>
    public async Task<TestAccount> RegisterAsync(string? email = null, string password = Password)
    {
        email ??= NewEmail();
        using var response = await PostAsync("/v1/auth/register", Registration(email, password));
        var body = await response.JsonAsync(200);
        return new TestAccount(this, body.Text("user_id"), body.Text("token"), email, password);
    }

    /// <summary>Makes an account without address and password.</summary>
    public async Task<TestAccount> RegisterUnclaimedAsync()
    {
        using var response = await PostAsync("/v1/auth/register", new { date_of_birth = "1990-05-17", consent = true });
        var body = await response.JsonAsync(200);
        return new TestAccount(this, body.Text("user_id"), body.Text("token"), "", "");
    }

    public Task<HttpResponseMessage> LoginAsync(string email, string password = Password) => PostAsync("/v1/auth/login", new { email, password });

    /// <summary>Signs in and gives the token.</summary>
    public async Task<string> TokenAsync(string email, string password = Password)
    {
        using var response = await LoginAsync(email, password);
        return (await response.JsonAsync(200)).Text("token");
    }

    /// <summary>Whether a token is alive.</summary>
    public async Task<bool> IsAliveAsync(string token)
    {
        using var response = await GetAsync("/v1/users/@me", token);
        return (int)response.StatusCode switch { 200 => true, 401 => false, var status => throw new InvalidOperationException($"GET /users/@me answered {status}.") };
    }

    public void Dispose() => http.Dispose();
}

/// <summary>An account that a test has made, and its first session.</summary>
public sealed record TestAccount(TestClient Client, string Id, string Token, string Email, string Password)
{
    public Task<HttpResponseMessage> PostAsync(string path, object? body = null) => Client.PostAsync(path, body, Token);

    public Task<HttpResponseMessage> GetAsync(string path) => Client.GetAsync(path, Token);

    public Task<HttpResponseMessage> PatchAsync(object body) => Client.SendAsync(HttpMethod.Patch, "/v1/users/@me", body, Token);

    public async Task<JsonElement> UserAsync()
    {
        using var response = await GetAsync("/v1/users/@me");
        return await response.JsonAsync(200);
    }
}
