using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Nodes;
using IdentitySimulator;

namespace Platform.Tests.Identity;

/// <summary>Somebody with an account, who calls the gateway from an address of his own.</summary>
internal sealed class Account : IDisposable
{
    private static int last;

    private readonly HttpClient _client;

    private Account(HttpClient client, string email, string password)
    {
        _client = client;
        Email = email;
        Password = password;
    }

    public string Email { get; }

    public string Password { get; }

    public string Token { get; private set; } = "";

    public string UserId { get; private set; } = "";

    public AuthenticatorApp App { get; } = new();

    public IReadOnlyList<string> BackupCodes { get; private set; } = [];

    /// <summary>An account that is signed in.</summary>
    public static async Task<Account> RegisterAsync(Uri gateway)
    {
        var name = Guid.NewGuid().ToString("N");
        var account = new Account(Caller.New(gateway), $"{name}@example.org", $"a rare password {name}");
        var body = await account.OkAsync(
            HttpMethod.Post, "v1/auth/register", new { email = account.Email, password = account.Password, date_of_birth = "1990-01-02", consent = true });
        (account.Token, account.UserId) = (Text(body, "token"), Text(body, "user_id"));
        return account;
    }

    /// <summary>A phone number that nobody else has in this test run.</summary>
    public static string NewPhone()
        => string.Create(CultureInfo.InvariantCulture, $"+49{Environment.ProcessId % 100_000:D5}{Interlocked.Increment(ref last):D5}");

    public async Task<(int Status, JsonElement? Body, HttpResponseMessage Response)> SendAsync(
        HttpMethod method, string path, object? body = null, string? token = null, string? sudo = null)
    {
        using var request = new HttpRequestMessage(method, path);
        request.Headers.TryAddWithoutValidation("Authorization", token ?? Token);
        if (sudo is not null)
        {
            request.Headers.Add("X-Fluxer-Sudo-Mode-JWT", sudo);
        }

        if (body is not null)
        {
            request.Content = JsonContent.Create(body);
        }

        using var response = await _client.SendAsync(request);
        var text = await response.Content.ReadAsStringAsync();
        return ((int)response.StatusCode, text.Length == 0 ? null : JsonDocument.Parse(text).RootElement, response);
    }

    /// <summary>A call that has to succeed.</summary>
    public async Task<JsonElement> OkAsync(HttpMethod method, string path, object? body = null, string? sudo = null, string? token = null)
    {
        var (status, answer, _) = await SendAsync(method, path, body, token, sudo);
        Assert.True(status is 200 or 204, $"{path}: {status} {answer}");
        return answer ?? default;
    }

    public Task<JsonElement> PostAsync(string path, object? body = null, string? sudo = null) => OkAsync(HttpMethod.Post, path, body, sudo);

    /// <summary>A call that has to be refused: <c>CODE</c>, or <c>path=CODE</c> for a field.</summary>
    public async Task RefusedAsync(int status, string code, HttpMethod method, string path, object? body = null, string? token = null)
    {
        var (actual, answer, _) = await SendAsync(method, path, body, token);
        var told = answer is { } json && json.TryGetProperty("errors", out var errors)
            ? string.Join(' ', errors.EnumerateArray().Select(error => $"{Text(error, "path")}={Text(error, "code")}"))
            : answer is { } other && other.TryGetProperty("code", out var one) ? one.GetString() : answer is { } registry ? Text(registry, "error") : "";
        Assert.Equal((status, code), (actual, told));
    }

    /// <summary>Adds the authenticator app by its present code.</summary>
    public async Task EnableTotpAsync()
    {
        var body = await PostAsync(
            "v1/users/@me/mfa/totp/enable", new { secret = App.Secret, code = App.Code(DateTimeOffset.UtcNow), password = Password });
        BackupCodes = [.. body.GetProperty("backup_codes").EnumerateArray().Select(code => Text(code, "code"))];
    }

    /// <summary>A sudo token for a backup code.</summary>
    public async Task<string> SudoAsync(int backupCode)
    {
        var (status, body, response) = await SendAsync(
            HttpMethod.Post, "v1/users/@me/mfa/backup-codes", new { regenerate = false, mfa_method = "totp", mfa_code = BackupCodes[backupCode] });
        Assert.True(status == 200, $"{status} {body}");
        return response.Headers.GetValues("X-Fluxer-Sudo-Mode-JWT").Single();
    }

    /// <summary>The first step of a sign-in: what the second one may be.</summary>
    public Task<JsonElement> LogInAsync() => PostAsync("v1/auth/login", new { email = Email, password = Password });

    /// <summary>Whether a session is alive, and this account's.</summary>
    public async Task<bool> OwnsAsync(string token)
    {
        var (status, body, _) = await SendAsync(HttpMethod.Get, "v1/users/@me", token: token);
        return status == 200 && Text(body!.Value, "id") == UserId;
    }

    public async Task RegisterKeyAsync(SoftwareAuthenticator key, string? sudo = null)
    {
        var options = await PostAsync("v1/users/@me/mfa/webauthn/credentials/registration-options", sudo is null ? new { password = Password } : new { }, sudo);
        var body = new JsonObject { ["response"] = key.Create(options), ["challenge"] = Text(options, "challenge"), ["name"] = "key" };
        if (sudo is null)
        {
            body["password"] = Password;
        }

        await PostAsync("v1/users/@me/mfa/webauthn/credentials", body, sudo);
    }

    public static string Text(JsonElement json, string name) => json.GetProperty(name).GetString()!;

    public void Dispose() => _client.Dispose();
}
