using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Campaigns.Tests.Faults.Loads;

namespace Campaigns.Tests.Secrets;

internal sealed partial class ScopeSigningSecrets : ISecretStory
{
    private const string Callback = "https://shop-with-a-secret.example.org/back?state=very-secret-state";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    public async Task<IReadOnlyList<Secret>> RunAsync(LoadContext context)
    {
        using var client = Caller.New(context.Platform.Gateway);
        var wallet = new Wallet();
        var device = $"device-{Guid.NewGuid():N}";
        var registration = wallet.Token(("devtoken", device));
        var revocation = (await SendAsync(client, HttpMethod.Post, "key", registration)).GetProperty("secret").GetString()!;
        List<Secret> secrets = [new("device token", device), new("registration's token", registration), new("revocation secret", revocation)];

        // E-mail: a wrong code, then the code of the mail.
        var address = $"ada-{Guid.NewGuid():N}@example.org";
        var request = wallet.Token(("scope", "email"), ("email", address));
        var job = (await SendAsync(client, HttpMethod.Post, "scope", request)).GetProperty("job").GetString()!;
        var mail = await context.Mailroom.ReadAsync(address, Patience);
        var code = Code().Match(mail).Value;
        var link = Link().Match(mail).Value.Split('#')[1];
        var wrongCode = $"{Guid.NewGuid():N}";
        await SendAsync(client, HttpMethod.Post, $"scope/{job}", JsonSerializer.Serialize(new { code = wrongCode }), "application/json");
        await SendAsync(client, HttpMethod.Post, $"scope/{job}?code={code}", null);
        var token = await FetchAsync(client, job);
        secrets.AddRange(
        [
            new("e-mail address", address), new("request's token", request), new("job's id", job), new("link secret", link),
            new("wrong code", wrongCode), new("scope token", token),
        ]);

        // A telephone number, at the test issuer.
        var number = "+4420" + Random.Shared.NextInt64(10_000_000, 99_999_999);
        var phoneJob = (await SendAsync(client, HttpMethod.Post, "scope?test=1", wallet.Token(("scope", "phone"), ("phone", number)))).GetProperty("job").GetString()!;
        await context.Mailroom.ReadAsync(number, Patience);
        await SendAsync(client, HttpMethod.Delete, $"scope/{phoneJob}", null);
        secrets.AddRange([new("telephone number", number), new("deleted job's id", phoneJob)]);

        // Sign-in by push, once more with the same token, and for another callback.
        var push = wallet.Token(("iss", "https://shop-with-a-secret.example.org"), ("aud", Callback));
        await SendAsync(client, HttpMethod.Post, $"login?callback={Uri.EscapeDataString(Callback)}", push);
        await context.Mailroom.ReadAsync(device, Patience);
        await SendAsync(client, HttpMethod.Post, $"login?callback={Uri.EscapeDataString(Callback)}", push);
        await SendAsync(client, HttpMethod.Post, "login?callback=https%3A%2F%2Fexample.org%2F", push);
        secrets.AddRange([new("push token", push), new("callback", "very-secret-state")]);

        // Revocation: a wrong secret, an address and number that are not bound, the right secret.
        var wrongSecret = Guid.NewGuid().ToString("N");
        await SendAsync(client, HttpMethod.Delete, $"key/{wallet.Sub}?secret={wrongSecret}", null);
        await SendAsync(client, HttpMethod.Delete, $"key?email={Uri.EscapeDataString(address)}&phone={Uri.EscapeDataString(number)}", null);
        await SendAsync(client, HttpMethod.Delete, $"key/{wallet.Sub}?secret={revocation}", null);
        secrets.Add(new("wrong revocation secret", wrongSecret));
        return secrets;
    }

    private static async Task<string> FetchAsync(HttpClient client, string job)
    {
        var token = "";
        await Eventually.IsTrueAsync(
            async () =>
            {
                var answer = await SendAsync(client, HttpMethod.Get, $"scope/{job}", null);
                token = answer.ValueKind == JsonValueKind.Object ? answer.GetProperty("jwt").GetString()! : "";
                return token.Length > 0;
            },
            Patience,
            "The scope was not signed");
        return token;
    }

    /// <returns>The answer, undefined when it was a refusal or empty.</returns>
    private static async Task<JsonElement> SendAsync(HttpClient client, HttpMethod method, string path, string? body, string mediaType = "application/jwt")
    {
        using var request = new HttpRequestMessage(method, path) { Content = body is null ? null : new StringContent(body, Encoding.ASCII, mediaType) };
        using var answer = await client.SendAsync(request);
        return answer.IsSuccessStatusCode && answer.Content.Headers.ContentType?.MediaType == "application/json" ? await answer.Content.ReadFromJsonAsync<JsonElement>() : default;
    }

    [GeneratedRegex(@"\b[0-9]{6}\b", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Code();

    [GeneratedRegex(@"http\S+/confirm/\S+", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Link();
}
