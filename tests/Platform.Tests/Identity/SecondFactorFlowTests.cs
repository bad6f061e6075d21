using System.Text.Json;
using IdentitySimulator;
using TestSupport;
using static Platform.Tests.Identity.Account;

namespace Platform.Tests.Identity;

/// <summary>The flows with a second factor (identity-auth contract §9: F2–F5, F11), through the gateway and with the messages in the inbox.</summary>
public sealed class SecondFactorFlowTests
{
    [Fact]
    public async Task F2_AuthenticatorApp_EnrolledThenSignsIn()
    {
        using var account = await RegisterAsync((await BackingServers.GetAsync()).Stack.Gateway);
        await account.EnableTotpAsync();

        var step = await account.LogInAsync();
        Assert.True(step.GetProperty("mfa").GetBoolean() && step.GetProperty("totp").GetBoolean());
        Assert.False(step.TryGetProperty("token", out _));
        var ticket = Text(step, "ticket");

        // The step of the enrolment is spent; the next one is good, and within the window already.
        var code = account.App.Code(DateTimeOffset.UtcNow, steps: 1);
        var signedIn = await account.PostAsync("v1/auth/login/mfa/totp", new { ticket, code });
        Assert.True(await account.OwnsAsync(Text(signedIn, "token")));

        await account.RefusedAsync(400, "code=SESSION_TIMEOUT", HttpMethod.Post, "v1/auth/login/mfa/totp", new { ticket, code });
        var second = Text(await account.LogInAsync(), "ticket");
        await account.RefusedAsync(400, "code=INVALID_CODE", HttpMethod.Post, "v1/auth/login/mfa/totp", new { ticket = second, code });
        await account.PostAsync("v1/auth/login/mfa/totp", new { ticket = second, code = account.BackupCodes[0] });
    }

    [Fact]
    public async Task F3_TextMessage_ConfirmedThenSignsIn()
    {
        var stack = (await BackingServers.GetAsync()).Stack;
        using var inbox = new HttpClient { BaseAddress = stack.Inbox };
        using var account = await RegisterAsync(stack.Gateway);
        await account.EnableTotpAsync();
        var sudo = await account.SudoAsync(backupCode: 0);
        var phone = NewPhone();

        await account.PostAsync("v1/users/@me/phone/send-verification", new { phone });
        var verified = await account.PostAsync("v1/users/@me/phone/verify", new { phone, code = await CodeAsync(inbox, phone, 1) });
        await account.PostAsync("v1/users/@me/phone", new { phone_token = Text(verified, "phone_token") }, sudo);
        await account.PostAsync("v1/users/@me/mfa/sms/enable", new { }, sudo);

        var step = await account.LogInAsync();
        Assert.True(step.GetProperty("sms").GetBoolean() && step.GetProperty("totp").GetBoolean());
        Assert.Equal($"****{phone[^4..]}", Text(step, "sms_phone_hint"));
        var ticket = Text(step, "ticket");
        await account.PostAsync("v1/auth/login/mfa/sms/send", new { ticket });
        var signedIn = await account.PostAsync("v1/auth/login/mfa/sms", new { ticket, code = await CodeAsync(inbox, phone, 2) });
        Assert.True(await account.OwnsAsync(Text(signedIn, "token")));

        // The app stays usable.
        await account.PostAsync("v1/auth/login/mfa/totp", new { ticket = Text(await account.LogInAsync(), "ticket"), code = account.BackupCodes[1] });
    }

    [Fact]
    public async Task F4_SecurityKey_RegisteredThenSignsIn()
    {
        var gateway = (await BackingServers.GetAsync()).Stack.Gateway;
        using var key = new SoftwareAuthenticator(gateway.GetLeftPart(UriPartial.Authority), gateway.Host);
        using var account = await RegisterAsync(gateway);
        await account.RegisterKeyAsync(key);

        var step = await account.LogInAsync();
        Assert.Equal(["webauthn"], step.GetProperty("allowed_methods").EnumerateArray().Select(method => method.GetString()));
        var ticket = Text(step, "ticket");
        var options = await account.PostAsync("v1/auth/login/mfa/webauthn/authentication-options", new { ticket });
        var signedIn = await account.PostAsync(
            "v1/auth/login/mfa/webauthn", new { ticket, challenge = Text(options, "challenge"), response = key.Get(options) });

        Assert.True(await account.OwnsAsync(Text(signedIn, "token")));
    }

    [Fact]
    public async Task F5_Passkey_SignsInOnce()
    {
        var gateway = (await BackingServers.GetAsync()).Stack.Gateway;
        using var key = new SoftwareAuthenticator(gateway.GetLeftPart(UriPartial.Authority), gateway.Host);
        using var account = await RegisterAsync(gateway);
        await account.RegisterKeyAsync(key);

        var options = await account.PostAsync("v1/auth/webauthn/authentication-options");
        var body = new { challenge = Text(options, "challenge"), response = key.Get(options) };
        var signedIn = await account.PostAsync("v1/auth/webauthn/authenticate", body);

        Assert.True(await account.OwnsAsync(Text(signedIn, "token")));
        await account.RefusedAsync(401, "PASSKEY_AUTHENTICATION_FAILED", HttpMethod.Post, "v1/auth/webauthn/authenticate", body);
    }

    [Fact]
    public async Task F11_SensitiveCall_WantsProofOnceInFiveMinutes()
    {
        using var account = await RegisterAsync((await BackingServers.GetAsync()).Stack.Gateway);
        await account.EnableTotpAsync();

        var (status, refusal, _) = await account.SendAsync(HttpMethod.Post, "v1/users/@me/mfa/backup-codes", new { regenerate = false });
        Assert.Equal((403, "SUDO_MODE_REQUIRED"), (status, Text(refusal!.Value, "code")));
        Assert.True(refusal.Value.GetProperty("has_mfa").GetBoolean());
        var methods = await account.OkAsync(HttpMethod.Get, "v1/users/@me/sudo/mfa-methods");
        Assert.True(methods.GetProperty("totp").GetBoolean());

        var sudo = await account.SudoAsync(backupCode: 0);
        await account.PostAsync("v1/users/@me/mfa/backup-codes", new { regenerate = false }, sudo);
        await account.OkAsync(HttpMethod.Delete, "v1/users/@me/authorized-ips", new { }, sudo);
    }

    /// <summary>The code in message number <paramref name="count"/> to a number.</summary>
    private static async Task<string> CodeAsync(HttpClient inbox, string phone, int count)
    {
        var codes = new List<string>();
        await Eventually.IsTrueAsync(
            async () =>
            {
                var found = await inbox.GetStringAsync(new Uri($"api/v1/search?query={Uri.EscapeDataString($"to:\"{phone}\" kind:sms")}", UriKind.Relative));
                var ids = JsonDocument.Parse(found).RootElement.GetProperty("messages").EnumerateArray().Select(message => Text(message, "ID")).ToList();
                if (ids.Count < count)
                {
                    return false;
                }

                var message = JsonDocument.Parse(await inbox.GetStringAsync(new Uri($"api/v1/message/{ids[0]}", UriKind.Relative))).RootElement;
                codes.Add(Text(JsonDocument.Parse(Text(message, "Text")).RootElement, "code"));
                return true;
            },
            TimeSpan.FromSeconds(60),
            $"text message number {count} did not come");
        return codes[0];
    }
}
