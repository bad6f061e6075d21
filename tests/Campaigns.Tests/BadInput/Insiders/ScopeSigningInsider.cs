using System.Globalization;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;

namespace Campaigns.Tests.BadInput.Insiders;

/// <summary>A wallet whose key is registered, with an open job.</summary>
internal sealed class ScopeSigningInsider : IInsider, IDisposable
{
    /// <summary>Twenty jobs an hour for one key.</summary>
    private const int UsesOfAWallet = 15;

    private static readonly string[] OddClaims =
        ["sub", "iat", "exp", "nbf", "jti", "iss", "aud", "scope", "email", "phone", "address", "type", "devtoken", "pk", "scopes"];

    private readonly SemaphoreSlim gate = new(1, 1);
    private Uri? gateway;
    private Wallet wallet = new();
    private string job = "";
    private string secret = "";
    private int uses = UsesOfAWallet;

    public string Service => "scope-signing";

    public Task PrepareAsync(SignedInPlatform platform)
    {
        gateway = platform.Gateway;
        return Task.CompletedTask;
    }

    public async Task FillInAsync(RequestDraft draft, Random random)
    {
        await TakeWalletAsync();
        var path = draft.Operation.Path;
        foreach (var name in draft.PathValues.Keys.ToList())
        {
            draft.PathValues[name] = name.Equals("job", StringComparison.OrdinalIgnoreCase) ? job
                : name.Equals("key", StringComparison.OrdinalIgnoreCase) ? wallet.Sub
                : draft.PathValues[name];
        }

        for (var at = 0; at < draft.Query.Count; at++)
        {
            draft.Query[at] = (draft.Query[at].Name, draft.Query[at].Name switch
            {
                "secret" => secret,
                "callback" => Uri.EscapeDataString("https://shop.example.org/back"),
                "email" => Uri.EscapeDataString($"somebody-{random.Next()}@example.org"),
                "phone" => "+442012345678",
                "test" => "1",
                _ => draft.Query[at].Value,
            });
        }

        if (draft.Operation is { Method: "POST", Path: "/scope/{job}" })
        {
            draft.Members = [("code", "\"000000\"")];
            draft.MediaType = "application/json";
        }
        else if (draft.Operation.MediaTypes.Count > 0)
        {
            draft.MediaType = "application/jwt";
            draft.Body = Encoding.ASCII.GetBytes(Token(path == "/key" ? new Wallet() : wallet, path, random));
        }
    }

    /// <summary>A token with a good signature around claims of which one may be odd, in one of the wrappings that the service takes.</summary>
    private static string Token(Wallet signer, string path, Random random)
    {
        var now = DateTimeOffset.UtcNow.ToUnixTimeSeconds();
        List<(string Name, string Json)> claims =
        [
            ("sub", $"\"{signer.Sub}\""),
            ("iat", now.ToString(CultureInfo.InvariantCulture)),
            ("exp", (now + 300).ToString(CultureInfo.InvariantCulture)),
            ("jti", $"\"{Guid.NewGuid():N}\""),
        ];
        claims.AddRange(path switch
        {
            "/login" => [("iss", "\"https://shop.example.org\""), ("aud", "\"https://shop.example.org/back\"")],
            "/scope" => [("scope", "\"email\""), ("email", $"\"somebody-{random.Next()}@example.org\"")],
            _ => [("devtoken", "\"device-1\"")],
        });
        if (random.Chance(0.5))
        {
            var name = random.Pick(OddClaims);
            claims.RemoveAll(claim => claim.Name == name && random.Chance(0.9));
            claims.Add((name, Nasty.Json(random)));
        }

        var payload = "{" + string.Join(',', claims.Select(claim => $"\"{claim.Name}\":{claim.Json}")) + "}";
        var token = signer.SignPayload(Encoding.UTF8.GetBytes(payload));
        return random.Next(8) switch
        {
            0 => JsonSerializer.Serialize(token),
            1 => $"{{\"jwt\":\"{token}\"}}",
            _ => token,
        };
    }

    public void Dispose() => gate.Dispose();

    private async Task TakeWalletAsync()
    {
        await gate.WaitAsync();
        try
        {
            if (++uses < UsesOfAWallet)
            {
                return;
            }

            uses = 0;
            wallet = new Wallet();
            using var client = Caller.New(gateway!);
            secret = await PostAsync(client, "key", wallet.Token(("devtoken", "device-1")), "secret");
            job = await PostAsync(client, "scope", wallet.Token(("scope", "email"), ("email", $"{Guid.NewGuid():N}@example.org")), "job");
        }
        finally
        {
            gate.Release();
        }
    }

    private static async Task<string> PostAsync(HttpClient client, string path, string token, string member)
    {
        using var answer = await client.PostAsync(new Uri(path, UriKind.Relative), new StringContent(token, Encoding.ASCII, "application/jwt"));
        answer.EnsureSuccessStatusCode();
        return (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty(member).GetString()!;
    }
}
