using System.Net.Http.Json;
using System.Text.Json;
using System.Text.RegularExpressions;
using TestSupport;
using static Platform.Tests.Identity.Account;

namespace Platform.Tests.Identity;

/// <summary>The flows without a second factor (identity-auth contract §9: F1, F6–F9, F11), through the gateway and with the mails in the inbox.</summary>
public sealed partial class MailFlowTests
{
    private const string NewPassword = "another rare password of mine";

    [Fact]
    public async Task F1_RegisterVerifyLogOut_SignsInAgain()
    {
        using var account = await RegisterAsync(await GatewayAsync());
        var suggestions = await account.PostAsync("v1/auth/username-suggestions", new { global_name = "Magic Tester" });
        Assert.Equal("Magic_Tester", suggestions.GetProperty("suggestions")[0].GetString());

        var link = await LinkAsync(account.Email, "Confirm your e-mail address");
        Assert.Equal("/verify", link.AbsolutePath);
        Assert.Equal((await GatewayAsync()).Authority, link.Authority);
        await account.PostAsync("v1/auth/verify", new { token = TokenOf(link) });
        Assert.True((await account.OkAsync(HttpMethod.Get, "v1/users/@me")).GetProperty("verified").GetBoolean());
        await account.PostAsync("v1/auth/logout");
        await account.RefusedAsync(401, "UNAUTHORIZED", HttpMethod.Get, "v1/users/@me");

        var signedIn = await account.LogInAsync();
        Assert.True(await account.OwnsAsync(Text(signedIn, "token")));
    }

    [Fact]
    public async Task F6_NewAddress_LetInByTheMailedLink()
    {
        using var account = await RegisterAsync(await GatewayAsync());
        using var device = Caller.New(await GatewayAsync());
        using var elsewhere = Caller.New(await GatewayAsync());

        using var refused = await device.PostAsJsonAsync("v1/auth/login", new { email = account.Email, password = account.Password });
        Assert.Equal(403, (int)refused.StatusCode);
        var ticket = Text(await refused.Content.ReadFromJsonAsync<JsonElement>(), "ticket");
        Assert.False((await PollAsync(device, ticket)).GetProperty("completed").GetBoolean());
        using var early = await device.PostAsJsonAsync("v1/auth/ip-authorization/resend", new { ticket });
        Assert.Equal("IP_AUTHORIZATION_RESEND_COOLDOWN", Text(await early.Content.ReadFromJsonAsync<JsonElement>(), "code"));

        var token = TokenOf(await LinkAsync(account.Email, "A sign-in from a new place"));
        await account.PostAsync("v1/auth/authorize-ip", new { token });
        await account.RefusedAsync(400, "token=INVALID_OR_EXPIRED_AUTHORIZATION_TOKEN", HttpMethod.Post, "v1/auth/authorize-ip", new { token });

        var done = await PollAsync(device, ticket);
        Assert.True(done.GetProperty("completed").GetBoolean());
        Assert.True(await account.OwnsAsync(Text(done, "token")));
        using var known = await device.PostAsJsonAsync("v1/auth/login", new { email = account.Email, password = account.Password });
        Assert.Equal(200, (int)known.StatusCode);
        using var other = await elsewhere.PostAsJsonAsync("v1/auth/login", new { email = account.Email, password = account.Password });
        Assert.Equal(403, (int)other.StatusCode);
    }

    [Fact]
    public async Task F7_ForgottenPassword_NewOneEndsEverySession()
    {
        using var account = await RegisterAsync(await GatewayAsync());
        await account.PostAsync("v1/auth/forgot", new { email = account.Email });
        await account.PostAsync("v1/auth/forgot", new { email = $"nobody-{Guid.NewGuid():N}@example.org" });
        var token = TokenOf(await LinkAsync(account.Email, "Set a new password"));

        var signedIn = await account.PostAsync("v1/auth/reset", new { token, password = NewPassword });

        Assert.True(await account.OwnsAsync(Text(signedIn, "token")));
        await account.RefusedAsync(401, "UNAUTHORIZED", HttpMethod.Get, "v1/users/@me");
        await account.RefusedAsync(
            400, "email=INVALID_EMAIL_OR_PASSWORD password=INVALID_EMAIL_OR_PASSWORD", HttpMethod.Post, "v1/auth/login", new { email = account.Email, password = account.Password });
        await account.RefusedAsync(400, "token=INVALID_OR_EXPIRED_RESET_TOKEN", HttpMethod.Post, "v1/auth/reset", new { token, password = NewPassword });
    }

    [Fact]
    public async Task F8_ChangedAddress_IsTakenBackByTheOldMailbox()
    {
        using var account = await RegisterAsync(await GatewayAsync());
        await account.PostAsync("v1/auth/verify", new { token = TokenOf(await LinkAsync(account.Email, "Confirm your e-mail address")) });
        var email = $"new-{Guid.NewGuid():N}@example.org";

        var ticket = Text(await account.PostAsync("v1/users/@me/email-change/start", new { }), "ticket");
        var code = await CodeAsync(account.Email, "Your code to change your e-mail address");
        var proof = Text(await account.PostAsync("v1/users/@me/email-change/verify-original", new { ticket, code }), "original_proof");
        await account.PostAsync("v1/users/@me/email-change/request-new", new { ticket, new_email = email, original_proof = proof });
        var newCode = await CodeAsync(email, "Your code to confirm this e-mail address");
        var verified = await account.PostAsync("v1/users/@me/email-change/verify-new", new { ticket, code = newCode, original_proof = proof });
        var changed = await account.OkAsync(HttpMethod.Patch, "v1/users/@me", new { email_token = Text(verified, "email_token"), password = account.Password });
        Assert.Equal((email, true), (Text(changed, "email"), changed.GetProperty("verified").GetBoolean()));
        await account.EnableTotpAsync();

        var link = await LinkAsync(account.Email, "Your e-mail address was changed");
        Assert.Equal("/wasntme", link.AbsolutePath);
        var reverted = await account.PostAsync("v1/auth/email-revert", new { token = TokenOf(link), password = NewPassword });

        await account.RefusedAsync(401, "UNAUTHORIZED", HttpMethod.Get, "v1/users/@me");
        var user = await account.OkAsync(HttpMethod.Get, "v1/users/@me", token: Text(reverted, "token"));
        Assert.Equal((account.Email, false), (Text(user, "email"), user.GetProperty("mfa_enabled").GetBoolean()));
        Assert.True((await account.OkAsync(HttpMethod.Post, "v1/auth/login", new { email = account.Email, password = NewPassword })).TryGetProperty("token", out _));
    }

    [Fact]
    public async Task F9_Handoff_DeviceCollectsASessionOfItsOwn()
    {
        using var account = await RegisterAsync(await GatewayAsync());
        using var device = Caller.New(await GatewayAsync());
        using var initiated = await device.PostAsync(new Uri("v1/auth/handoff/initiate", UriKind.Relative), null);
        var code = Text(await initiated.Content.ReadFromJsonAsync<JsonElement>(), "code");
        Assert.Equal("pending", Text(await StatusAsync(device, code), "status"));

        await account.PostAsync("v1/auth/handoff/complete", new { code, token = account.Token, user_id = account.UserId });

        var completed = await StatusAsync(device, code);
        Assert.Equal("completed", Text(completed, "status"));
        Assert.True(await account.OwnsAsync(Text(completed, "token")));
        Assert.NotEqual(account.Token, Text(completed, "token"));
        Assert.Equal("expired", Text(await StatusAsync(device, code), "status"));
        await account.RefusedAsync(400, "INVALID_HANDOFF_CODE", HttpMethod.Post, "v1/auth/handoff/complete", new { code, token = account.Token, user_id = account.UserId });
        await account.OkAsync(HttpMethod.Delete, $"v1/auth/handoff/{code}");
    }

    [Fact]
    public async Task F11_SensitiveCallWithoutSecondFactor_WantsThePasswordEachTime()
    {
        using var account = await RegisterAsync(await GatewayAsync());
        var body = new { session_id_hashes = Array.Empty<string>() };

        await account.RefusedAsync(403, "SUDO_MODE_REQUIRED", HttpMethod.Post, "v1/auth/sessions/logout", body);
        var (status, _, response) = await account.SendAsync(HttpMethod.Post, "v1/auth/sessions/logout", new { session_id_hashes = Array.Empty<string>(), password = account.Password });

        Assert.Equal(204, status);
        Assert.False(response.Headers.Contains("X-Fluxer-Sudo-Mode-JWT"));
        await account.RefusedAsync(403, "SUDO_MODE_REQUIRED", HttpMethod.Post, "v1/auth/sessions/logout", body);
    }

    private static async Task<Uri> GatewayAsync() => (await BackingServers.GetAsync()).Stack.Gateway;

    private static async Task<string> MailAsync(string to, string subject)
    {
        using var inbox = new InboxReader((await BackingServers.GetAsync()).Stack.Inbox);
        return await inbox.ReadAsync($"to:\"{to}\" subject:\"{subject}\"");
    }

    private static async Task<Uri> LinkAsync(string to, string subject) => new(Link().Match(await MailAsync(to, subject)).Value);

    private static async Task<string> CodeAsync(string to, string subject) => Code().Match(await MailAsync(to, subject)).Groups["code"].Value;

    private static string TokenOf(Uri link) => link.Fragment["#token=".Length..];

    private static async Task<JsonElement> PollAsync(HttpClient device, string ticket)
        => await device.GetFromJsonAsync<JsonElement>(new Uri($"v1/auth/ip-authorization/poll?ticket={ticket}", UriKind.Relative));

    private static async Task<JsonElement> StatusAsync(HttpClient device, string code)
        => await device.GetFromJsonAsync<JsonElement>(new Uri($"v1/auth/handoff/{code}/status", UriKind.Relative));

    [GeneratedRegex(@"http://\S+#token=[A-Za-z0-9]{64}", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Link();

    [GeneratedRegex("Code: (?<code>[A-Z0-9]{4}-[A-Z0-9]{4})", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Code();
}
