using System.Buffers.Text;
using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using IdentityAuth.Contracts.V1;
using IdentitySimulator;

namespace Campaigns.Tests.Faults.Loads;

/// <summary>
/// People register, verify their address, and then sign in and out, forget their password, sign in with a backup code, or hand a session to
/// another device. What can be used once is tried twice at the same time.
/// </summary>
internal sealed partial class IdentityAuthLoad : IServiceLoad
{
    /// <summary>Attempts at what is limited to five for one address in a quarter of an hour.</summary>
    private const int FewAttempts = 4;

    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private readonly ConcurrentDictionary<string, string> registered = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, bool> perhapsRegistered = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, bool> verified = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, string> named = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, SessionState> sessions = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, bool> loggedOut = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, bool> reset = new(StringComparer.Ordinal);
    private readonly ConcurrentQueue<(string What, string Path, object Body)> used = [];
    private readonly ConcurrentQueue<string> collected = [];
    private int backupCodes;
    private EventLedger registrations = null!;
    private EventLedger signIns = null!;
    private EventLedger revocations = null!;

    private enum SessionState
    {
        Alive,
        Ended,

        /// <summary>The answer to what ends it was lost.</summary>
        PerhapsEnded,
    }

    public string Service => "identity-auth";

    public async Task PrepareAsync(LoadContext context)
    {
        var broker = context.Platform.Broker;
        registrations = await EventLedger.OpenAsync<UserRegistered>(broker, "userId");
        signIns = await EventLedger.OpenAsync<SessionCreated>(broker, "idHash");
        revocations = await EventLedger.OpenAsync<SessionsRevoked>(broker, "userId", "reason");
    }

    public async Task RunAsync(LoadContext context, Random random)
    {
        using var client = context.NewClient();
        if (await RegisterAsync(context, client) is not { } person)
        {
            return;
        }

        await VerifyAsync(context, person, twice: random.Chance(0.3));
        await RenameAsync(context, person);
        switch (random.NextDouble())
        {
            case < 0.4:
                await SignInAndOutAsync(context, person);
                break;

            case < 0.6:
                await ResetAsync(context, person);
                break;

            case < 0.8:
                await HandOffAsync(context, person);
                break;

            default:
                await UseBackupCodeAsync(context, person);
                break;
        }
    }

    public async Task<IReadOnlyList<Func<HttpRequestMessage>>> ReadsAsync(LoadContext context)
    {
        // Several people: the limits are for one.
        using var client = context.NewClient();
        var tokens = new List<string>();
        while (tokens.Count < 4)
        {
            tokens.Add((await client.CallAsync(HttpMethod.Post, "v1/auth/register", new { date_of_birth = "1990-01-02", consent = true })).Text("token"));
        }

        return [.. tokens.Select(token => (Func<HttpRequestMessage>)(() => WithToken(token))), () => new HttpRequestMessage(HttpMethod.Get, "identity-auth/.well-known/jwks.json")];

        static HttpRequestMessage WithToken(string token)
        {
            var request = new HttpRequestMessage(HttpMethod.Get, "v1/users/@me");
            request.Headers.TryAddWithoutValidation("Authorization", token);
            return request;
        }
    }

    public async Task ReplayAsync(LoadContext context)
    {
        foreach (var (what, path, body) in used.Reverse().Take(20))
        {
            using var client = context.NewClient();
            if ((await client.CallAsync(HttpMethod.Post, path, body)).IsSuccess)
            {
                context.Ledger.AddFault($"identity-auth: {what} was accepted a second time");
            }
        }

        foreach (var code in collected.Reverse().Take(20))
        {
            using var client = context.NewClient();
            if (HasToken(await client.CallAsync(HttpMethod.Get, $"v1/auth/handoff/{code}/status")))
            {
                context.Ledger.AddFault("identity-auth: a handed over session was given out a second time");
            }
        }

        foreach (var (token, _) in sessions.Where(session => session.Value == SessionState.Ended).Take(20))
        {
            using var client = context.NewClient();
            if ((await client.CallAsync(HttpMethod.Get, "v1/users/@me", token: token)).IsSuccess)
            {
                context.Ledger.AddFault("identity-auth: a session that had ended was accepted");
            }
        }
    }

    public async Task<IReadOnlyList<(string What, long Count)>> AccountAsync(LoadContext context)
    {
        var accounts = new Accounts(context, Service);
        var users = await accounts.RowsAsync("SELECT id::text, count(*) FROM users GROUP BY id");
        var addresses = await accounts.RowsAsync("SELECT lower(email), count(*) FROM users WHERE email IS NOT NULL GROUP BY lower(email)");
        var verifiedUsers = await accounts.RowsAsync("SELECT id::text, count(*) FROM users WHERE email_verified GROUP BY id");
        var names = await accounts.RowsAsync("SELECT id::text || ' ' || global_name, count(*) FROM users WHERE global_name IS NOT NULL GROUP BY 1");
        var sessionRows = await accounts.RowsAsync("SELECT encode(token_hash, 'hex'), count(*) FROM sessions GROUP BY token_hash");
        foreach (var (user, email) in registered)
        {
            accounts.Expect(users, user, 1, $"account {user}");
            accounts.Expect(addresses, email, 1, $"account of {email}");
        }

        foreach (var user in verified.Keys)
        {
            accounts.Expect(verifiedUsers, user, 1, $"verified address of {user}");
        }

        foreach (var (user, name) in named)
        {
            accounts.Expect(names, $"{user} {name}", 1, $"name of {user}");
        }

        foreach (var (token, state) in sessions)
        {
            accounts.Expect(sessionRows, Convert.ToHexStringLower(Hash(token)), state switch { SessionState.Alive => 1, SessionState.Ended => 0, _ => null }, $"session ({state})");
        }

        // An account and its event are one commit: where there is one there is the other. Others than these people's are of other loads.
        var (ofRegistrations, ofSignIns, ofRevocations) = (await registrations.ReadAsync(), await signIns.ReadAsync(), await revocations.ReadAsync());
        accounts.Once(ofRegistrations, registered.Keys, nameof(UserRegistered), users.ContainsKey);
        accounts.Once(ofSignIns, sessions.Keys.Select(token => Base64Url.EncodeToString(Hash(token))), nameof(SessionCreated));
        accounts.Once(ofRevocations, loggedOut.Keys.Select(user => $"{user}/logout").Concat(reset.Keys.Select(user => $"{user}/password_reset")), nameof(SessionsRevoked));

        return
        [
            ("accounts registered", registered.Count), ("addresses verified", verified.Count), ("profiles changed", named.Count),
            ("sessions", sessions.Count), ("logged out", loggedOut.Count), ("passwords reset", reset.Count),
            ("sign-ins with a backup code", backupCodes), ("sessions handed over", collected.Count),
            ("events", ofRegistrations.Count + ofSignIns.Count + ofRevocations.Count),
        ];
    }

    /// <returns>Somebody who is signed in; <see langword="null"/> when the answer was lost.</returns>
    private async Task<Person?> RegisterAsync(LoadContext context, HttpClient client)
    {
        var name = Guid.NewGuid().ToString("N");
        var (email, password) = ($"{name}@example.org", $"a rare password {name}");
        for (var attempt = 0; attempt < 3; attempt++) // an address has three in a quarter of an hour
        {
            var reply = await client.CallAsync(HttpMethod.Post, "v1/auth/register", new { email, password, date_of_birth = "1990-01-02", consent = true });
            if (reply.Status == 200)
            {
                registered[reply.Text("user_id")] = email;
                sessions[reply.Text("token")] = SessionState.Alive;
                return new Person(client, reply.Text("user_id"), email, password, reply.Text("token"));
            }

            if (!reply.IsUnknown)
            {
                if (!reply.IsLimited && !(reply.Code == "EMAIL_ALREADY_IN_USE" && perhapsRegistered.ContainsKey(email)))
                {
                    AddFault(context, "register", reply);
                }

                return null;
            }

            perhapsRegistered[email] = true;
            await Task.Delay(Pause);
        }

        return null;
    }

    private async Task VerifyAsync(LoadContext context, Person person, bool twice)
    {
        if (await ReadMailAsync(context, person, "/verify#token=") is not { } token)
        {
            return;
        }

        var body = new { token };
        if (await UseOnceAsync(context, "verification token", () => person.Client.CallAsync(HttpMethod.Post, "v1/auth/verify", body), twice))
        {
            verified[person.Id] = true;
            used.Enqueue(("verification token", "v1/auth/verify", body));
        }
    }

    private async Task RenameAsync(LoadContext context, Person person)
    {
        var name = $"Ada {Guid.NewGuid().ToString("N")[..12]}";
        var (reply, _) = await JsonCalls.InsistAsync(() => person.Client.CallAsync(HttpMethod.Patch, "v1/users/@me", new { global_name = name }, person.Token));
        if (reply.IsSuccess)
        {
            named[person.Id] = name;
        }
        else if (!reply.IsUnknown && !reply.IsLimited)
        {
            AddFault(context, "rename", reply);
        }
    }

    private async Task SignInAndOutAsync(LoadContext context, Person person)
    {
        var (reply, _) = await JsonCalls.InsistAsync(() => LogInAsync(person), FewAttempts);
        if (!reply.IsSuccess)
        {
            if (!reply.IsUnknown && !reply.IsLimited)
            {
                AddFault(context, "sign-in", reply);
            }

            return;
        }

        var token = reply.Text("token");
        sessions[token] = SessionState.PerhapsEnded;
        var (ended, _) = await JsonCalls.InsistAsync(() => person.Client.CallAsync(HttpMethod.Post, "v1/auth/logout", token: token));
        if (ended.Status != 204)
        {
            return;
        }

        sessions[token] = SessionState.Ended;
        loggedOut[person.Id] = true;
        if ((await person.Client.CallAsync(HttpMethod.Get, "v1/users/@me", token: token)).IsSuccess)
        {
            context.Ledger.AddFault("identity-auth: a session was accepted after its end");
        }
    }

    private async Task ResetAsync(LoadContext context, Person person)
    {
        var (asked, _) = await JsonCalls.InsistAsync(() => person.Client.CallAsync(HttpMethod.Post, "v1/auth/forgot", new { email = person.Email }), FewAttempts);
        if (asked.Status != 204 || await ReadMailAsync(context, person, "/reset#token=") is not { } token)
        {
            return;
        }

        sessions[person.Token] = SessionState.PerhapsEnded;
        var body = new { token, password = $"another {person.Password}" };
        if (await UseOnceAsync(context, "reset token", () => person.Client.CallAsync(HttpMethod.Post, "v1/auth/reset", body), twice: true, reply => sessions[reply.Text("token")] = SessionState.Alive))
        {
            sessions[person.Token] = SessionState.Ended;
            reset[person.Id] = true;
            used.Enqueue(("reset token", "v1/auth/reset", body));
        }
    }

    private async Task HandOffAsync(LoadContext context, Person person)
    {
        var began = DateTimeOffset.UtcNow;
        var (initiated, _) = await JsonCalls.InsistAsync(() => person.Client.CallAsync(HttpMethod.Post, "v1/auth/handoff/initiate"), FewAttempts);
        if (!initiated.IsSuccess)
        {
            return;
        }

        var code = initiated.Text("code");
        var (completed, wasUnknown) = await JsonCalls.InsistAsync(
            () => person.Client.CallAsync(HttpMethod.Post, "v1/auth/handoff/complete", new { code, token = person.Token, user_id = person.Id }), FewAttempts);
        var replies = await Task.WhenAll(Enumerable.Range(0, 2).Select(_ => person.Client.CallAsync(HttpMethod.Get, $"v1/auth/handoff/{code}/status")));
        foreach (var reply in replies.Where(HasToken))
        {
            sessions[reply.Text("token")] = SessionState.Alive;
        }

        switch (replies.Count(HasToken))
        {
            case 1:
                collected.Enqueue(code);
                break;

            case > 1:
                context.Ledger.AddFault("identity-auth: a handed over session was given out twice");
                break;

            default:
                if (completed.Status == 204 && !wasUnknown && Array.TrueForAll(replies, reply => reply.IsSuccess) && !context.Outages.RedisWasLost(began, DateTimeOffset.UtcNow))
                {
                    context.Ledger.AddFault("identity-auth: a session that was handed over is lost");
                }

                break;
        }
    }

    private async Task UseBackupCodeAsync(LoadContext context, Person person)
    {
        var began = DateTimeOffset.UtcNow;
        var app = new AuthenticatorApp();
        var enabled = await person.Client.CallAsync(
            HttpMethod.Post, "v1/users/@me/mfa/totp/enable", new { secret = app.Secret, code = app.Code(DateTimeOffset.UtcNow), password = person.Password }, person.Token);
        if (!enabled.IsSuccess)
        {
            if (!enabled.IsUnknown && !enabled.IsLimited)
            {
                AddFault(context, "second factor", enabled);
            }

            return;
        }

        // Two sign-ins, each with a ticket of its own, and one code.
        var code = enabled.Body.GetProperty("backup_codes")[0].GetProperty("code").GetString()!;
        var (one, other) = (await LogInAsync(person), await LogInAsync(person));
        if (!one.IsSuccess || !other.IsSuccess)
        {
            return;
        }

        var replies = await Task.WhenAll(new[] { one, other }.Select(
            step => person.Client.CallAsync(HttpMethod.Post, "v1/auth/login/mfa/totp", new { ticket = step.Text("ticket"), code })));
        foreach (var reply in replies.Where(reply => reply.IsSuccess))
        {
            sessions[reply.Text("token")] = SessionState.Alive;
        }

        switch (replies.Count(reply => reply.IsSuccess))
        {
            case 1:
                Interlocked.Increment(ref backupCodes);
                break;

            case > 1:
                context.Ledger.AddFault("identity-auth: a backup code was accepted twice");
                break;

            default:
                if (!Array.Exists(replies, reply => reply.IsUnknown || reply.IsLimited) && !context.Outages.RedisWasLost(began, DateTimeOffset.UtcNow))
                {
                    AddFault(context, "backup code", replies[0]);
                }

                break;
        }
    }

    /// <summary>Something that can be used once, perhaps twice at the same time, and again while it is not known what happened.</summary>
    /// <returns>Whether its use was acknowledged.</returns>
    private static async Task<bool> UseOnceAsync(LoadContext context, string what, Func<Task<Reply>> use, bool twice, Action<Reply>? acknowledged = null)
    {
        var first = await Task.WhenAll(Enumerable.Range(0, twice ? 2 : 1).Select(_ => use()));
        var replies = first.ToList();
        if (!replies.Exists(reply => reply.IsSuccess) && replies.Exists(reply => reply.IsUnknown || reply.IsLimited))
        {
            replies.Add((await JsonCalls.InsistAsync(use)).Reply);
        }

        replies.Where(reply => reply.IsSuccess).ToList().ForEach(reply => acknowledged?.Invoke(reply));
        switch (replies.Count(reply => reply.IsSuccess))
        {
            case 1:
                return true;

            case > 1:
                context.Ledger.AddFault($"identity-auth: a {what} was accepted twice");
                return true;

            default:
                if (!replies.Exists(reply => reply.IsUnknown || reply.IsLimited))
                {
                    AddFault(context, what, replies[0]);
                }

                return false;
        }
    }

    private static Task<Reply> LogInAsync(Person person)
        => person.Client.CallAsync(HttpMethod.Post, "v1/auth/login", new { email = person.Email, password = person.Password });

    private static async Task<string?> ReadMailAsync(LoadContext context, Person person, string link)
        => await context.ReadMailAsync(person.Email, link) is { } text ? MailedToken().Match(text).Value : null;

    private static bool HasToken(Reply reply) => reply.IsSuccess && reply.Body.TryGetProperty("token", out _);

    private static byte[] Hash(string token) => SHA256.HashData(Encoding.ASCII.GetBytes(token));

    private static void AddFault(LoadContext context, string what, Reply reply)
        => context.Ledger.AddFault($"identity-auth: {what} was refused without a reason: {reply}");

    private sealed record Person(HttpClient Client, string Id, string Email, string Password, string Token);

    [GeneratedRegex("(?<=#token=)[A-Za-z0-9]{64}", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex MailedToken();
}
