using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using RelyingParty;
using ScopeSigning.Contracts.V1;

namespace Campaigns.Tests.Faults.Loads;

/// <summary>Wallets register, have an e-mail address signed with the code that was mailed, sign in by push, and revoke.</summary>
internal sealed partial class ScopeSigningLoad : IServiceLoad
{
    private const int Attempts = 25;
    private const string Callback = "https://shop.example.org/back";

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(300);

    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(3);

    private readonly ConcurrentDictionary<string, bool> registered = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, bool> perhapsRegistered = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, string> requested = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, bool> perhapsRequested = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, bool> confirmed = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, bool> signed = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, string> pushed = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, string> perhapsPushed = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, bool> revoked = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, bool> perhapsRevoked = new(StringComparer.Ordinal);
    private readonly ConcurrentQueue<(string Path, string Token)> accepted = [];
    private EventLedger registrations = null!;
    private EventLedger requests = null!;
    private EventLedger confirmations = null!;
    private EventLedger signatures = null!;
    private EventLedger pushes = null!;
    private EventLedger revocations = null!;
    private ScopeVerifier verifier = null!;

    public string Service => "scope-signing";

    public async Task PrepareAsync(LoadContext context)
    {
        var broker = context.Platform.Broker;
        registrations = await EventLedger.OpenAsync<SigningKeyRegistered>(broker, "sub");
        requests = await EventLedger.OpenAsync<ScopeRequested>(broker, "sub");
        confirmations = await EventLedger.OpenAsync<ScopeConfirmed>(broker, "sub");
        signatures = await EventLedger.OpenAsync<ScopeSigned>(broker, "sub");
        pushes = await EventLedger.OpenAsync<PushLoginRequested>(broker, "sub");
        revocations = await EventLedger.OpenAsync<SigningKeyRevoked>(broker, "sub");
        using var client = context.NewClient();
        verifier = new ScopeVerifier($"{context.Platform.Gateway.AbsoluteUri.TrimEnd('/')}/scope-signing", await client.GetStringAsync("scope-signing/.well-known/jwks.json"));
    }

    public async Task RunAsync(LoadContext context, Random random)
    {
        using var client = context.NewClient();
        var wallet = new Wallet();
        var device = $"device-{Guid.NewGuid():N}";
        if (await RegisterAsync(context, client, wallet, device) is not { } secret)
        {
            return;
        }

        var address = $"ada-{Guid.NewGuid():N}@example.org";
        if (await RequestAsync(context, client, wallet, address) is { } job && await ConfirmAsync(context, client, wallet, address, job))
        {
            await FetchAsync(context, client, wallet, address, job);
        }

        if (random.Chance(0.3))
        {
            await PushAsync(context, client, wallet, device);
        }

        if (secret.Length > 0 && random.Chance(0.3))
        {
            await RevokeAsync(context, client, wallet, secret);
        }
    }

    public async Task<IReadOnlyList<Func<HttpRequestMessage>>> ReadsAsync(LoadContext context)
    {
        using var client = context.NewClient();
        var wallet = new Wallet();
        await SendAsync(client, HttpMethod.Post, "key", wallet.Token());
        return
        [
            () => new HttpRequestMessage(HttpMethod.Get, $"key/{wallet.Sub}"),
            () => new HttpRequestMessage(HttpMethod.Head, $"key/{wallet.Sub}"),
            () => new HttpRequestMessage(HttpMethod.Get, "scope-signing/.well-known/jwks.json"),
        ];
    }

    public async Task ReplayAsync(LoadContext context)
    {
        foreach (var (path, token) in accepted.Reverse().Take(30))
        {
            using var client = context.NewClient();
            var (status, _) = await SendAsync(client, HttpMethod.Post, path, token);
            if (status is >= 200 and < 300)
            {
                context.Ledger.AddFault($"scope-signing: a token was accepted at /{path.Split('?')[0]} a second time");
            }
        }
    }

    public async Task<IReadOnlyList<(string What, long Count)>> AccountAsync(LoadContext context)
    {
        var accounts = new Accounts(context, Service);
        var keys = await accounts.RowsAsync("SELECT sub, count(*) FROM keys GROUP BY sub");
        var revokedKeys = await accounts.RowsAsync("SELECT sub, count(*) FROM keys WHERE state = 'revoked' GROUP BY sub");
        var jobs = await accounts.RowsAsync("SELECT sub, count(*) FROM jobs GROUP BY sub");
        var readyJobs = await accounts.RowsAsync("SELECT sub, count(*) FROM jobs WHERE state = 'ready' GROUP BY sub");
        foreach (var sub in registered.Keys)
        {
            var ended = revoked.ContainsKey(sub);
            accounts.Expect(keys, sub, 1, $"key {sub}");
            accounts.Expect(revokedKeys, sub, ended ? 1 : perhapsRevoked.ContainsKey(sub) ? null : 0, $"revoked key {sub}");
            accounts.Expect(jobs, sub, ended ? 0 : perhapsRevoked.ContainsKey(sub) ? null : requested.ContainsKey(sub) ? 1 : perhapsRequested.ContainsKey(sub) ? null : 0, $"job of {sub}");
            accounts.Expect(readyJobs, sub, ended ? 0 : perhapsRevoked.ContainsKey(sub) ? null : signed.ContainsKey(sub) ? 1 : null, $"signed job of {sub}");
        }

        var (ofKeys, ofRequests, ofConfirmations) = (await registrations.ReadAsync(), await requests.ReadAsync(), await confirmations.ReadAsync());
        var (ofSignatures, ofPushes, ofRevocations) = (await signatures.ReadAsync(), await pushes.ReadAsync(), await revocations.ReadAsync());
        accounts.Once(ofKeys, registered.Keys, nameof(SigningKeyRegistered), perhapsRegistered.ContainsKey);
        accounts.Once(ofRequests, requested.Keys, nameof(ScopeRequested), perhapsRequested.ContainsKey);
        accounts.Once(ofConfirmations, confirmed.Keys, nameof(ScopeConfirmed), possible: requested.ContainsKey);
        accounts.Once(ofSignatures, signed.Keys, nameof(ScopeSigned), possible: ofConfirmations.ContainsKey);
        accounts.Once(ofPushes, pushed.Keys, nameof(PushLoginRequested), possible: perhapsPushed.ContainsKey);
        accounts.Once(ofRevocations, revoked.Keys, nameof(SigningKeyRevoked), possible: perhapsRevoked.ContainsKey);

        foreach (var recipient in requested.Values.Concat(pushed.Values).Concat(perhapsPushed.Values).Where(recipient => context.Mailroom.CountFor(recipient) > 1))
        {
            accounts.AddFault($"{context.Mailroom.CountFor(recipient)} different messages for {recipient}");
        }

        return
        [
            ("keys registered", registered.Count), ("scopes requested", requested.Count), ("scopes confirmed", confirmed.Count), ("scopes signed and verified", signed.Count),
            ("push sign-ins", pushed.Count), ("keys revoked", revoked.Count),
            ("events", ofKeys.Count + ofRequests.Count + ofConfirmations.Count + ofSignatures.Count + ofPushes.Count + ofRevocations.Count),
            ("messages repeated under their id", context.Mailroom.Repeats),
        ];
    }

    /// <returns>The revocation secret, empty when its answer was lost; <see langword="null"/> when the key may not be there.</returns>
    private async Task<string?> RegisterAsync(LoadContext context, HttpClient client, Wallet wallet, string device)
    {
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            var token = wallet.Token(("devtoken", device));
            var (status, body) = await SendAsync(client, HttpMethod.Post, "key", token);
            if (status is 201 or 409)
            {
                if (status == 409 && !perhapsRegistered.ContainsKey(wallet.Sub))
                {
                    context.Ledger.AddFault($"scope-signing: {wallet.Sub} is registered, and nobody asked");
                }

                registered[wallet.Sub] = true;
                return status == 201 ? body.GetProperty("secret").GetString() : "";
            }

            if (IsRefusal(context, status, "register"))
            {
                return null;
            }

            perhapsRegistered[wallet.Sub] = true;
            await Task.Delay(Pause);
        }

        return null;
    }

    /// <returns>The job; <see langword="null"/> when its answer was lost.</returns>
    private async Task<string?> RequestAsync(LoadContext context, HttpClient client, Wallet wallet, string address)
    {
        var token = wallet.Token(("scope", "email"), ("email", address));
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            var (status, body) = await SendAsync(client, HttpMethod.Post, "scope", token);
            if (status == 201)
            {
                requested[wallet.Sub] = address;
                accepted.Enqueue(("scope", token));
                return body.GetProperty("job").GetString();
            }

            if (status == 401 && perhapsRequested.ContainsKey(wallet.Sub))
            {
                return null; // the token was taken by an attempt whose answer was lost
            }

            if (IsRefusal(context, status, "request"))
            {
                return null;
            }

            perhapsRequested[wallet.Sub] = true;
            await Task.Delay(Pause);
        }

        return null;
    }

    private async Task<bool> ConfirmAsync(LoadContext context, HttpClient client, Wallet wallet, string address, string job)
    {
        if (await context.ReadMailAsync(address) is not { } mail)
        {
            return false;
        }

        var code = Code().Match(mail).Value;
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            var (status, _) = await SendAsync(client, HttpMethod.Post, $"scope/{job}", JsonSerializer.Serialize(new { code }), "application/json");
            if (status == 202)
            {
                confirmed[wallet.Sub] = true;
                return true;
            }

            if (IsRefusal(context, status, "confirm"))
            {
                return false;
            }

            await Task.Delay(Pause);
        }

        return false;
    }

    private async Task FetchAsync(LoadContext context, HttpClient client, Wallet wallet, string address, string job)
    {
        // Ever more seldom: whoever asks too often is refused.
        var (since, pause) = (DateTimeOffset.UtcNow, Pause);
        for (; !context.IsOverdue(since); await Task.Delay(pause), pause = pause < LongestPause ? pause * 1.5 : LongestPause)
        {
            var (status, body) = await SendAsync(client, HttpMethod.Get, $"scope/{job}");
            if (status == 200)
            {
                var (scope, refusal) = verifier.Verify(body.GetProperty("jwt").GetString()!, DateTimeOffset.UtcNow);
                if (scope is null || (scope.Subject, scope.Value) != (wallet.Sub, address))
                {
                    context.Ledger.AddFault($"scope-signing: the token of {wallet.Sub} does not verify: {refusal}");
                }

                signed[wallet.Sub] = true;
                return;
            }

            if (status != 204 && IsRefusal(context, status, "fetch"))
            {
                return;
            }
        }

        context.Ledger.AddFault($"scope-signing: the scope of {wallet.Sub} was not signed");
    }

    private async Task PushAsync(LoadContext context, HttpClient client, Wallet wallet, string device)
    {
        var path = $"login?callback={Uri.EscapeDataString(Callback)}";
        var token = wallet.Token(("iss", "https://shop.example.org"), ("aud", Callback));
        var (status, _) = await SendAsync(client, HttpMethod.Post, path, token);
        if (status == 200)
        {
            pushed[wallet.Sub] = device;
            accepted.Enqueue((path, token));
        }
        else if (!IsRefusal(context, status, "push"))
        {
            perhapsPushed[wallet.Sub] = device;
        }
    }

    private async Task RevokeAsync(LoadContext context, HttpClient client, Wallet wallet, string secret)
    {
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            var (status, _) = await SendAsync(client, HttpMethod.Delete, $"key/{wallet.Sub}?secret={secret}");
            if (status == 200)
            {
                revoked[wallet.Sub] = true;
                return;
            }

            if (IsRefusal(context, status, "revoke"))
            {
                return;
            }

            perhapsRevoked[wallet.Sub] = true;
            await Task.Delay(Pause);
        }
    }

    /// <summary>A 4xx, for which nothing in these stories gives a reason.</summary>
    private static bool IsRefusal(LoadContext context, int status, string what)
    {
        if (status is < 400 or >= 500)
        {
            return false;
        }

        context.Ledger.AddFault($"scope-signing: {what} was refused without a reason: {status}");
        return true;
    }

    /// <returns>Status 0: no answer.</returns>
    private static async Task<(int Status, JsonElement Body)> SendAsync(HttpClient client, HttpMethod method, string path, string? body = null, string mediaType = "application/jwt")
    {
        using var request = new HttpRequestMessage(method, path) { Content = body is null ? null : new StringContent(body, Encoding.ASCII, mediaType) };
        try
        {
            using var answer = await client.SendAsync(request);
            return ((int)answer.StatusCode, answer.IsSuccessStatusCode && answer.StatusCode != HttpStatusCode.NoContent ? await answer.Content.ReadFromJsonAsync<JsonElement>() : default);
        }
        catch (Exception exception) when (exception is HttpRequestException or TaskCanceledException)
        {
            return (0, default);
        }
    }

    [GeneratedRegex(@"\b[0-9]{6}\b", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Code();
}
