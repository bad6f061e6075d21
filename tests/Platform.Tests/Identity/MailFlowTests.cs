using System.Net.Http.Json;
using System.Text.Json;
using TestSupport;
using static Platform.Tests.Identity.Account;

namespace Platform.Tests.Identity;

/// <summary>The flows without a second factor (identity-auth contract §9: F1, F6–F9), through the gateway and with the mails in the inbox.</summary>
public sealed class MailFlowTests
{
    private const string NewPassword = "another rare password of mine";

    [Fact]
    public async Task F1_RegisterVerifyLogOut_SignsInAgain()
    {
        using var account = await RegisterAsync(await GatewayAsync());
        var suggestions = await account.PostAsync("v1/auth/username-suggestions", new { global_name = "Magic Tester" });
        Assert.Equal("Magic_Tester", suggestions.GetProperty("suggestions")[0].GetString());

        var link = await Mailbox.LinkAsync(account.Email, "Confirm your e-mail address");
        Assert.Equal("/verify", link.AbsolutePath);
        Assert.Equal((await GatewayAsync()).Authority, link.Authority);
        await account.PostAsync("v1/auth/verify", new { token = Mailbox.TokenOf(link) });
        Assert.True((await account.OkAsync(HttpMethod.Get, "v1/users/@me")).GetProperty("verified").GetBoolean());
        await account.PostAsync("v1/auth/logout");
        await account.RefusedAsync(401, "UNAUTHORIZED", HttpMethod.Get, "v1/users/@me");

        var signedIn = await account.LogInAsync();
        Assert.True(await account.OwnsAsync(Text(signedIn, "token")));
    }

    [Fact]
    public async Task F6_NewAddress_LetInByTheMailedLink()
    {
        const string Subject = "A sign-in from a new place";
        using var account = await RegisterAsync(await GatewayAsync());
        using var device = Caller.New(await GatewayAsync());
        using var elsewhere = Caller.New(await GatewayAsync());

        // 1, 2. Refused, with a ticket; the device polls.
        using var refused = await LogInAsync(device, account.Email, account.Password);
        Assert.Equal(403, (int)refused.StatusCode);
        var ticket = Text(await ReadAsync(refused), "ticket");
        Assert.False((await PollAsync(device, ticket)).GetProperty("completed").GetBoolean());
        var token = await Mailbox.TokenAsync(account.Email, Subject);

        // 3. One more mail, with the same token, when the device is told that it may ask.
        using var early = await device.PostAsJsonAsync("v1/auth/ip-authorization/resend", new { ticket });
        Assert.Equal("IP_AUTHORIZATION_RESEND_COOLDOWN", Text(await ReadAsync(early), "code"));
        Assert.InRange(early.Headers.RetryAfter!.Delta!.Value, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(30));
        await Task.Delay(early.Headers.RetryAfter.Delta.Value);
        using var resent = await device.PostAsJsonAsync("v1/auth/ip-authorization/resend", new { ticket });
        Assert.Equal(204, (int)resent.StatusCode);
        using var once = await device.PostAsJsonAsync("v1/auth/ip-authorization/resend", new { ticket });
        Assert.Equal("IP_AUTHORIZATION_RESEND_LIMIT_EXCEEDED", Text(await ReadAsync(once), "code"));
        Assert.Equal(token, await Mailbox.TokenAsync(account.Email, Subject, count: 2));

        // 4, 5. The owner lets it in, once; the device has its session.
        await account.PostAsync("v1/auth/authorize-ip", new { token });
        await account.RefusedAsync(400, "token=INVALID_OR_EXPIRED_AUTHORIZATION_TOKEN", HttpMethod.Post, "v1/auth/authorize-ip", new { token });
        var done = await PollAsync(device, ticket);
        Assert.True(done.GetProperty("completed").GetBoolean());
        Assert.True(await account.OwnsAsync(Text(done, "token")));

        // 6. The address is known now, others are not.
        using var known = await LogInAsync(device, account.Email, account.Password);
        Assert.Equal(200, (int)known.StatusCode);
        using var other = await LogInAsync(elsewhere, account.Email, account.Password);
        Assert.Equal(403, (int)other.StatusCode);
    }

    [Fact]
    public async Task F7_ForgottenPassword_NewOneEndsEverySession()
    {
        const string Subject = "Set a new password";
        using var account = await RegisterAsync(await GatewayAsync());
        await account.PostAsync("v1/auth/forgot", new { email = account.Email });
        await account.PostAsync("v1/auth/forgot", new { email = $"nobody-{Guid.NewGuid():N}@example.org" });
        var link = await Mailbox.LinkAsync(account.Email, Subject);
        Assert.Equal("/reset", link.AbsolutePath);
        var token = Mailbox.TokenOf(link);

        var signedIn = await account.PostAsync("v1/auth/reset", new { token, password = NewPassword });

        Assert.True(await account.OwnsAsync(Text(signedIn, "token")));
        await account.RefusedAsync(401, "UNAUTHORIZED", HttpMethod.Get, "v1/users/@me");
        await account.RefusedAsync(
            400, "email=INVALID_EMAIL_OR_PASSWORD password=INVALID_EMAIL_OR_PASSWORD", HttpMethod.Post, "v1/auth/login", new { email = account.Email, password = account.Password });
        await account.RefusedAsync(400, "token=INVALID_OR_EXPIRED_RESET_TOKEN", HttpMethod.Post, "v1/auth/reset", new { token, password = NewPassword });

        // The mailbox stands for the password, not for a second factor.
        using var careful = await RegisterAsync(await GatewayAsync());
        await careful.EnableTotpAsync();
        await careful.PostAsync("v1/auth/forgot", new { email = careful.Email });
        var step = await careful.PostAsync("v1/auth/reset", new { token = await Mailbox.TokenAsync(careful.Email, Subject), password = NewPassword });
        Assert.False(step.TryGetProperty("token", out _));
        var second = await careful.PostAsync("v1/auth/login/mfa/totp", new { ticket = Text(step, "ticket"), code = careful.BackupCodes[0] });
        Assert.True(await careful.OwnsAsync(Text(second, "token")));
    }

    [Fact]
    public async Task F8_ChangedAddress_IsTakenBackByTheOldMailbox()
    {
        using var account = await RegisterAsync(await GatewayAsync());
        using var intruder = Caller.New(await GatewayAsync());
        await account.PostAsync("v1/auth/verify", new { token = await Mailbox.TokenAsync(account.Email, "Confirm your e-mail address") });
        var email = $"new-{Guid.NewGuid():N}@example.org";

        // 1. Both mailboxes are proven, and the address is changed.
        var ticket = Text(await account.PostAsync("v1/users/@me/email-change/start", new { }), "ticket");
        var code = await Mailbox.CodeAsync(account.Email, "Your code to change your e-mail address");
        var proof = Text(await account.PostAsync("v1/users/@me/email-change/verify-original", new { ticket, code }), "original_proof");
        await account.PostAsync("v1/users/@me/email-change/request-new", new { ticket, new_email = email, original_proof = proof });
        var newCode = await Mailbox.CodeAsync(email, "Your code to confirm this e-mail address");
        var verified = await account.PostAsync("v1/users/@me/email-change/verify-new", new { ticket, code = newCode, original_proof = proof });
        var changed = await account.OkAsync(HttpMethod.Patch, "v1/users/@me", new { email_token = Text(verified, "email_token"), password = account.Password });
        Assert.Equal((email, true), (Text(changed, "email"), changed.GetProperty("verified").GetBoolean()));

        // Whoever did that makes himself at home: a place, a session, a phone, a factor.
        using var waiting = await LogInAsync(intruder, email, account.Password);
        var place = Text(await ReadAsync(waiting), "ticket");
        await account.PostAsync("v1/auth/authorize-ip", new { token = await Mailbox.TokenAsync(email, "A sign-in from a new place") });
        var session = Text(await PollAsync(intruder, place), "token");
        Assert.True(await account.OwnsAsync(session));
        var phone = NewPhone();
        await account.PostAsync("v1/users/@me/phone/send-verification", new { phone });
        var confirmed = await account.PostAsync("v1/users/@me/phone/verify", new { phone, code = await Mailbox.TextedCodeAsync(phone) });
        await account.PostAsync("v1/users/@me/phone", new { phone_token = Text(confirmed, "phone_token"), password = account.Password });
        await account.EnableTotpAsync();

        // 2, 3. The old mailbox takes it all back.
        var link = await Mailbox.LinkAsync(account.Email, "Your e-mail address was changed");
        Assert.Equal("/wasntme", link.AbsolutePath);
        var reverted = await account.PostAsync("v1/auth/email-revert", new { token = Mailbox.TokenOf(link), password = NewPassword });

        await account.RefusedAsync(401, "UNAUTHORIZED", HttpMethod.Get, "v1/users/@me");
        await account.RefusedAsync(401, "UNAUTHORIZED", HttpMethod.Get, "v1/users/@me", token: session);
        var user = await account.OkAsync(HttpMethod.Get, "v1/users/@me", token: Text(reverted, "token"));
        Assert.Equal((account.Email, true, false), (Text(user, "email"), user.GetProperty("verified").GetBoolean(), user.GetProperty("mfa_enabled").GetBoolean()));
        Assert.Equal(JsonValueKind.Null, user.GetProperty("phone").ValueKind);
        Assert.True((await account.OkAsync(HttpMethod.Post, "v1/auth/login", new { email = account.Email, password = NewPassword })).TryGetProperty("token", out _));
        using var again = await LogInAsync(intruder, account.Email, NewPassword);
        Assert.Equal((403, "IP_AUTHORIZATION_REQUIRED"), ((int)again.StatusCode, Text(await ReadAsync(again), "code")));
        await account.RefusedAsync(
            400, "token=INVALID_OR_EXPIRED_REVERT_TOKEN", HttpMethod.Post, "v1/auth/email-revert", new { token = Mailbox.TokenOf(link), password = NewPassword });
    }

    [Fact]
    public async Task F9_Handoff_DeviceCollectsASessionOfItsOwn()
    {
        using var account = await RegisterAsync(await GatewayAsync());
        using var device = Caller.New(await GatewayAsync());
        var code = Text(await InitiateAsync(device), "code");
        Assert.Equal("pending", Text(await StatusAsync(device, code), "status"));

        await account.PostAsync("v1/auth/handoff/complete", new { code, token = account.Token, user_id = account.UserId });

        var completed = await StatusAsync(device, code);
        Assert.Equal("completed", Text(completed, "status"));
        Assert.True(await account.OwnsAsync(Text(completed, "token")));
        Assert.NotEqual(account.Token, Text(completed, "token"));
        Assert.Equal("expired", Text(await StatusAsync(device, code), "status"));
        await account.RefusedAsync(400, "INVALID_HANDOFF_CODE", HttpMethod.Post, "v1/auth/handoff/complete", new { code, token = account.Token, user_id = account.UserId });

        // The newer form: the browser sees which device waits, and only the device can ask. Either side may cancel before.
        var second = await InitiateAsync(device);
        var waiting = await account.OkAsync(HttpMethod.Get, $"v1/auth/handoff/{Text(second, "code")}/info");
        Assert.Equal(("pending", JsonValueKind.Object), (Text(waiting, "status"), waiting.GetProperty("client_info").ValueKind));
        using var asked = await device.PostAsJsonAsync($"v1/auth/handoff/{Text(second, "code")}/status", new { poll_secret = Text(second, "poll_secret") });
        Assert.Equal("pending", Text(await ReadAsync(asked), "status"));
        await account.OkAsync(HttpMethod.Delete, $"v1/auth/handoff/{Text(second, "code")}");
        Assert.Equal("expired", Text(await StatusAsync(device, Text(second, "code")), "status"));
        await account.RefusedAsync(
            400, "INVALID_HANDOFF_CODE", HttpMethod.Post, "v1/auth/handoff/complete", new { code = Text(second, "code"), token = account.Token, user_id = account.UserId });
    }

    private static async Task<Uri> GatewayAsync() => (await BackingServers.GetAsync()).Stack.Gateway;

    private static Task<HttpResponseMessage> LogInAsync(HttpClient device, string email, string password)
        => device.PostAsJsonAsync("v1/auth/login", new { email, password });

    private static async Task<JsonElement> InitiateAsync(HttpClient device)
    {
        using var initiated = await device.PostAsync(new Uri("v1/auth/handoff/initiate", UriKind.Relative), null);
        return await ReadAsync(initiated);
    }

    private static async Task<JsonElement> PollAsync(HttpClient device, string ticket)
        => await device.GetFromJsonAsync<JsonElement>(new Uri($"v1/auth/ip-authorization/poll?ticket={ticket}", UriKind.Relative));

    private static async Task<JsonElement> StatusAsync(HttpClient device, string code)
        => await device.GetFromJsonAsync<JsonElement>(new Uri($"v1/auth/handoff/{code}/status", UriKind.Relative));

    private static async Task<JsonElement> ReadAsync(HttpResponseMessage response) => await response.Content.ReadFromJsonAsync<JsonElement>();
}
