using System.Text.Json;
using System.Text.Json.Nodes;
using IdentitySimulator;

namespace IdentityAuth.Tests.Infrastructure;

/// <summary>Somebody with an account, and with whatever he has set up on it.</summary>
public sealed class Person(FactorsApp app, string? email, string? password, string token, string userId)
{
    private static int last;

    public FactorsApp App => app;

    public string? Email => email;

    public string? Password => password;

    public string Token { get; set; } = token;

    public string UserId => userId;

    public long Id => long.Parse(userId, System.Globalization.CultureInfo.InvariantCulture);

    public AuthenticatorApp? Authenticator { get; private set; }

    public IReadOnlyList<string> BackupCodes { get; private set; } = [];

    public static async Task<Person> RegisterAsync(FactorsApp app)
    {
        var number = Interlocked.Increment(ref last);
        var (email, password) = ($"person{number}@example.org", $"a long and rare password {number}");
        using var response = await app.Client.PostAsync(
            "/v1/auth/register", new { email, password, username = $"person_{number}", date_of_birth = "1990-01-02", consent = true });
        var body = await response.JsonAsync(200);
        return new Person(app, email, password, body.Text("token"), body.Text("user_id"));
    }

    public static Person Of(FactorsApp app, JsonElement tokenResponse) => new(app, null, null, tokenResponse.Text("token"), tokenResponse.Text("user_id"));

    public Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, object? body = null, string? sudoToken = null, FactorsApp? at = null)
        => (at ?? app).Client.SendAsync(method, path, body, Token, sudoToken is null ? [] : [("X-Fluxer-Sudo-Mode-JWT", sudoToken)]);

    public Task<HttpResponseMessage> PostAsync(string path, object? body = null, string? sudoToken = null) => SendAsync(HttpMethod.Post, path, body, sudoToken);

    public Task<HttpResponseMessage> GetAsync(string path) => SendAsync(HttpMethod.Get, path);

    public async Task<JsonElement> MeAsync()
    {
        using var response = await GetAsync("/v1/users/@me");
        return await response.JsonAsync(200);
    }

    /// <summary>Adds an authenticator app and moves the clock on, so that the next code is good.</summary>
    public async Task<Person> WithTotpAsync()
    {
        Authenticator = new AuthenticatorApp();
        object body = password is null
            ? new { secret = Authenticator.Secret, code = Code() }
            : new { secret = Authenticator.Secret, code = Code(), password };
        using var response = await PostAsync("/v1/users/@me/mfa/totp/enable", body);
        BackupCodes = [.. (await response.JsonAsync(200)).GetProperty("backup_codes").EnumerateArray().Select(code => code.Text("code"))];
        NextStep();
        return this;
    }

    /// <summary>The code that the app shows.</summary>
    public string Code(int steps = 0) => Authenticator!.Code(app.Clock.GetUtcNow(), steps);

    public void NextStep() => app.Clock.Advance(TimeSpan.FromSeconds(30));

    /// <summary>Confirms a number and puts it on the account.</summary>
    public async Task<string> WithPhoneAsync()
    {
        var phone = $"+4930{Interlocked.Increment(ref last):D7}";
        using var sent = await PostAsync("/v1/users/@me/phone/send-verification", new { phone });
        await sent.AssertNoContentAsync();
        using var verified = await PostAsync("/v1/users/@me/phone/verify", new { phone, code = await app.Sms.CodeAsync(phone) });
        using var added = await PostAsync("/v1/users/@me/phone", Sudo(new { phone_token = (await verified.JsonAsync(200)).Text("phone_token") }));
        await added.AssertNoContentAsync();
        return phone;
    }

    /// <summary>Text messages as a factor, with an authenticator app and a number.</summary>
    public async Task<string> WithSmsAsync()
    {
        await WithTotpAsync();
        var phone = await WithPhoneAsync();
        using var response = await PostAsync("/v1/users/@me/mfa/sms/enable", Sudo());
        await response.AssertNoContentAsync();
        return phone;
    }

    /// <summary>Registers a credential.</summary>
    public async Task WithCredentialAsync(
        SoftwareAuthenticator authenticator, int algorithm = SoftwareAuthenticator.Es256, string name = "key", string? sudoToken = null)
    {
        var options = await CreationOptionsAsync(sudoToken);
        using var response = await RegisterCredentialAsync(authenticator.Create(options, algorithm), options.Text("challenge"), name, sudoToken);
        await response.AssertNoContentAsync();
    }

    public async Task<JsonElement> CreationOptionsAsync(string? sudoToken = null)
    {
        using var response = await PostAsync(
            "/v1/users/@me/mfa/webauthn/credentials/registration-options", sudoToken is null ? Sudo() : null, sudoToken);
        return await response.JsonAsync(200);
    }

    public Task<HttpResponseMessage> RegisterCredentialAsync(JsonObject response, string challenge, string name = "key", string? sudoToken = null)
        => PostAsync(
            "/v1/users/@me/mfa/webauthn/credentials",
            sudoToken is null ? Sudo(new { response, challenge, name }) : new { response, challenge, name },
            sudoToken);

    /// <summary>A body with proof that it is him: a code of his app, else his password. Spends the code's step.</summary>
    public JsonObject Sudo(object? body = null)
    {
        var json = body is null ? [] : JsonSerializer.SerializeToNode(body)!.AsObject();
        if (Authenticator is null)
        {
            json["password"] = password;
        }
        else
        {
            json["mfa_method"] = "totp";
            json["mfa_code"] = Code();
            NextStep();
        }

        return json;
    }

    /// <summary>Proves with his app that it is him.</summary>
    /// <returns>The sudo token.</returns>
    public async Task<string> SudoTokenAsync()
    {
        using var response = await PostAsync("/v1/users/@me/mfa/backup-codes", Sudo(new { regenerate = false }));
        await response.JsonAsync(200);
        return response.Headers.GetValues("X-Fluxer-Sudo-Mode-JWT").Single();
    }

    public Task<HttpResponseMessage> LogInAsync(FactorsApp? at = null) => (at ?? app).Client.PostAsync("/v1/auth/login", new { email, password });

    /// <summary>The first step of a sign-in.</summary>
    /// <returns>The ticket.</returns>
    public async Task<string> TicketAsync()
    {
        using var response = await LogInAsync();
        return (await response.JsonAsync(200)).Text("ticket");
    }

    public Task<HttpResponseMessage> TotpAsync(string ticket, string code) => app.Client.PostAsync("/v1/auth/login/mfa/totp", new { ticket, code });

    /// <summary>How many sessions he has.</summary>
    public Task<long> SessionsAsync() => app.CountAsync("SELECT count(*) FROM sessions WHERE user_id = @Id", new { Id });
}
