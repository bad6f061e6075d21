using System.Text.RegularExpressions;
using Campaigns.Tests.Faults.Loads;
using IdentitySimulator;

namespace Campaigns.Tests.Secrets;

internal sealed partial class IdentityAuthSecrets : ISecretStory
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    public async Task<IReadOnlyList<Secret>> RunAsync(LoadContext context)
    {
        using var client = Caller.New(context.Platform.Gateway);
        var name = Guid.NewGuid().ToString("N");
        var (email, password, otherPassword) = ($"ada-{name}@example.org", $"a rare password {name}", $"another rare password {name}");
        var wrongPassword = $"a wrong password {name}";
        List<Secret> secrets = [new("e-mail address", email), new("password", password), new("wrong password", wrongPassword), new("new password", otherPassword)];

        // Registration with a display name, verification, sign-ins that fail and that do not.
        var displayName = $"Ada {name[..20]}";
        var account = await OkAsync(HttpMethod.Post, "v1/auth/register", new { email, password, global_name = displayName, date_of_birth = "1990-01-02", consent = true });
        var session = account.Text("token");
        var verification = await TokenAsync("/verify#token=");
        await OkAsync(HttpMethod.Post, "v1/auth/verify", new { token = verification });
        await SendAsync(HttpMethod.Post, "v1/auth/verify", new { token = verification });
        await SendAsync(HttpMethod.Post, "v1/auth/login", new { email, password = wrongPassword });
        var signedIn = (await OkAsync(HttpMethod.Post, "v1/auth/login", new { email, password })).Text("token");
        var accessToken = (await OkAsync(HttpMethod.Post, "v1/auth/token", token: session)).Text("access_token");
        secrets.AddRange([new("display name", displayName), new("session token", session), new("second session token", signedIn), new("verification token", verification),
            new("access token", accessToken), new("signature of the access token", accessToken.Split('.')[2])]);

        // A sign-in from somewhere else, with its ticket.
        using var elsewhere = Caller.New(context.Platform.Gateway);
        var ticket = (await elsewhere.CallAsync(HttpMethod.Post, "v1/auth/login", new { email, password })).Text("ticket");
        await elsewhere.CallAsync(HttpMethod.Get, $"v1/auth/ip-authorization/poll?ticket={ticket}");
        var authorization = await TokenAsync("/authorize-ip#token=");
        await OkAsync(HttpMethod.Post, "v1/auth/authorize-ip", new { token = authorization });
        secrets.AddRange([new("ticket of a new address", ticket), new("token of a new address", authorization)]);

        // Handoff.
        var handoff = (await OkAsync(HttpMethod.Post, "v1/auth/handoff/initiate")).Text("code");
        await OkAsync(HttpMethod.Post, "v1/auth/handoff/complete", new { code = handoff, token = session, user_id = account.Text("user_id") });
        var handedOver = (await OkAsync(HttpMethod.Get, $"v1/auth/handoff/{handoff}/status")).Text("token");
        secrets.AddRange([new("handoff code", handoff), new("session that was handed over", handedOver)]);

        // A forgotten password.
        await OkAsync(HttpMethod.Post, "v1/auth/forgot", new { email });
        var reset = await TokenAsync("/reset#token=");
        var afterReset = (await OkAsync(HttpMethod.Post, "v1/auth/reset", new { token = reset, password = otherPassword })).Text("token");
        secrets.AddRange([new("reset token", reset), new("session after the reset", afterReset)]);

        // Second factors: an authenticator app, backup codes, text messages.
        var app = new AuthenticatorApp();
        var enabled = await OkAsync(
            HttpMethod.Post, "v1/users/@me/mfa/totp/enable", new { secret = app.Secret, code = app.Code(DateTimeOffset.UtcNow), password = otherPassword }, afterReset);
        var backupCodes = enabled.Body.GetProperty("backup_codes").EnumerateArray().Select(code => code.GetProperty("code").GetString()!).ToList();
        var phone = "+49301" + Random.Shared.NextInt64(1_000_000, 9_999_999);
        await OkAsync(HttpMethod.Post, "v1/users/@me/phone/send-verification", new { phone }, afterReset);
        var text = Code().Match(await context.Mailroom.ReadAsync(phone, Patience)).Value;
        var phoneToken = (await OkAsync(HttpMethod.Post, "v1/users/@me/phone/verify", new { phone, code = text }, afterReset)).Text("phone_token");
        await OkAsync(HttpMethod.Post, "v1/users/@me/phone", new { phone_token = phoneToken, mfa_method = "totp", mfa_code = backupCodes[0] }, afterReset);
        var mfaTicket = (await OkAsync(HttpMethod.Post, "v1/auth/login", new { email, password = otherPassword })).Text("ticket");
        await SendAsync(HttpMethod.Post, "v1/auth/login/mfa/totp", new { ticket = mfaTicket, code = "zzzz-zzzz" });
        var byBackupCode = (await OkAsync(HttpMethod.Post, "v1/auth/login/mfa/totp", new { ticket = mfaTicket, code = backupCodes[1] })).Text("token");
        secrets.AddRange([new("secret of the authenticator", app.Secret), new("telephone number", phone), new("token of the telephone number", phoneToken),
            new("ticket of a second factor", mfaTicket), new("session by backup code", byBackupCode), .. backupCodes.Select(code => new Secret("backup code", code))]);

        // Tokens that are none.
        var forged = $"flx_{Guid.NewGuid():N}abcd";
        await SendAsync(HttpMethod.Get, "v1/users/@me", token: forged);
        await SendAsync(HttpMethod.Get, "authlance/identity/api/v1/realm/groups/1/devices", token: $"Bearer {forged}");
        await SendAsync(HttpMethod.Get, "authlance/identity/api/v1/realm/groups/1/devices", token: $"Bearer {accessToken}x");
        secrets.Add(new("forged session token", forged));
        return secrets;

        Task<Reply> SendAsync(HttpMethod method, string path, object? body = null, string? token = null) => client.CallAsync(method, path, body, token);

        async Task<Reply> OkAsync(HttpMethod method, string path, object? body = null, string? token = null)
            => await SendAsync(method, path, body, token) is { IsSuccess: true } reply ? reply : throw new InvalidOperationException($"{path} was refused.");

        async Task<string> TokenAsync(string link) => MailedToken().Match(await context.Mailroom.ReadAsync(email, Patience, link)).Value;
    }

    [GeneratedRegex("(?<=#token=)[A-Za-z0-9]{64}", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex MailedToken();

    [GeneratedRegex(@"\b[0-9]{6}\b", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Code();
}
