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
        using var account = await RegisterAsync(stack.Gateway);
        await account.EnableTotpAsync();
        var sudo = await account.SudoAsync(backupCode: 0);
        var phone = NewPhone();

        await account.PostAsync("v1/users/@me/phone/send-verification", new { phone });
        var verified = await account.PostAsync("v1/users/@me/phone/verify", new { phone, code = await Mailbox.TextedCodeAsync(phone) });
        await account.PostAsync("v1/users/@me/phone", new { phone_token = Text(verified, "phone_token") }, sudo);
        await account.PostAsync("v1/users/@me/mfa/sms/enable", new { }, sudo);

        var step = await account.LogInAsync();
        Assert.True(step.GetProperty("sms").GetBoolean() && step.GetProperty("totp").GetBoolean());
        Assert.Equal($"****{phone[^4..]}", Text(step, "sms_phone_hint"));
        var ticket = Text(step, "ticket");
        await account.PostAsync("v1/auth/login/mfa/sms/send", new { ticket });
        var signedIn = await account.PostAsync("v1/auth/login/mfa/sms", new { ticket, code = await Mailbox.TextedCodeAsync(phone, count: 2) });
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
    public async Task F11_SensitiveCall_WantsProof()
    {
        const string Path = "v1/auth/sessions/logout";
        var gateway = (await BackingServers.GetAsync()).Stack.Gateway;
        using var key = new SoftwareAuthenticator(gateway.GetLeftPart(UriPartial.Authority), gateway.Host);
        using var account = await RegisterAsync(gateway);
        string[] none = [];

        // Without a second factor: the password, each time, and no token for it.
        Assert.False(await HasMfaAsync());
        var (status, _, byPassword) = await account.SendAsync(HttpMethod.Post, Path, new { session_id_hashes = none, password = account.Password });
        Assert.Equal(204, status);
        Assert.False(byPassword.Headers.Contains("X-Fluxer-Sudo-Mode-JWT"));
        await account.RefusedAsync(403, "SUDO_MODE_REQUIRED", HttpMethod.Post, Path, new { session_id_hashes = none });

        // With one: what the account has, once in five minutes; the password is no proof any more.
        await account.RegisterKeyAsync(key);
        Assert.True(await HasMfaAsync());
        await account.RefusedAsync(403, "SUDO_MODE_REQUIRED", HttpMethod.Post, Path, new { session_id_hashes = none, password = account.Password });
        var methods = await account.OkAsync(HttpMethod.Get, "v1/users/@me/sudo/mfa-methods");
        Assert.Equal((false, false, true), (methods.GetProperty("totp").GetBoolean(), methods.GetProperty("sms").GetBoolean(), methods.GetProperty("webauthn").GetBoolean()));
        var options = await account.PostAsync("v1/users/@me/sudo/webauthn/authentication-options");
        var (proven, _, byKey) = await account.SendAsync(
            HttpMethod.Post,
            Path,
            new { session_id_hashes = none, mfa_method = "webauthn", webauthn_challenge = Text(options, "challenge"), webauthn_response = key.Get(options) });
        Assert.Equal(204, proven);
        var sudo = byKey.Headers.GetValues("X-Fluxer-Sudo-Mode-JWT").Single();
        await account.PostAsync(Path, new { session_id_hashes = none }, sudo);
        await account.OkAsync(HttpMethod.Delete, "v1/users/@me/authorized-ips", new { }, sudo);

        async Task<bool> HasMfaAsync()
        {
            var (refused, body, _) = await account.SendAsync(HttpMethod.Post, Path, new { session_id_hashes = none });
            Assert.Equal((403, "SUDO_MODE_REQUIRED"), (refused, Text(body!.Value, "code")));
            return body.Value.GetProperty("has_mfa").GetBoolean();
        }
    }
}
