using System.Globalization;
using System.Text.Json;
using Campaigns.Tests.Faults.Loads;

namespace Campaigns.Tests.BadInput.Insiders;

/// <summary>Somebody who is signed in, with a password, so that sudo is passed; a new one when the account has been used often enough.</summary>
internal sealed class IdentityAuthInsider : IInsider, IDisposable
{
    /// <summary>Spoilt requests sign him out, change his password or delete him.</summary>
    private const int UsesOfAnAccount = 25;

    private readonly SemaphoreSlim gate = new(1, 1);
    private Uri? gateway;
    private string email = "";
    private string password = "";
    private string token = "";
    private string userId = "";
    private int uses = UsesOfAnAccount;

    public string Service => "identity-auth";

    public Task PrepareAsync(SignedInPlatform platform)
    {
        gateway = platform.Gateway;
        return Task.CompletedTask;
    }

    public async Task FillInAsync(RequestDraft draft, Random random)
    {
        await TakeAccountAsync();
        draft.SetHeader("Authorization", token);
        foreach (var name in draft.PathValues.Keys.ToList())
        {
            draft.PathValues[name] = random.Chance(0.5) ? "ABCDEF-GHJKLM" : draft.PathValues[name];
        }

        if (draft.Members is not { } members)
        {
            return;
        }

        var isRegistration = draft.Operation.Path == "/v1/auth/register";
        for (var at = 0; at < members.Count; at++)
        {
            members[at] = (members[at].Name, Json(members[at].Name, random, isRegistration) ?? members[at].Json);
        }

        // The proof that it is him would be a second factor otherwise.
        members.RemoveAll(member => member.Name is "mfa_method" or "mfa_code" or "webauthn_response" or "webauthn_challenge");
    }

    public void Dispose() => gate.Dispose();

    private string? Json(string name, Random random, bool isRegistration) => name switch
    {
        "email" => Text(isRegistration ? $"somebody-{random.Next()}@example.org" : email),
        "new_email" => Text($"somebody-{random.Next()}@example.org"),
        "password" => Text(isRegistration ? $"a rare password {random.Next()}" : password),
        "new_password" => Text($"a rare password {random.Next()}"),
        "date_of_birth" => "\"1990-01-02\"",
        "consent" => "true",
        "username" => Text(string.Create(CultureInfo.InvariantCulture, $"person_{random.Next()}")),
        "global_name" => "\"Ada \\u00df\"",
        "phone" => "\"+4930123456\"",
        "secret" => "\"GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ\"",
        "code" => random.Pick((string[])["\"123456\"", "\"ABCD-EFGH\"", "\"abcd-efgh\""]),
        "user_id" => Text(userId),
        "token" => Text(random.Chance(0.5) ? token : new string('A', 64)),
        "ticket" or "email_token" => Text(new string('A', 64)),
        _ => null,
    };

    private static string Text(string text) => JsonSerializer.Serialize(text);

    private async Task TakeAccountAsync()
    {
        await gate.WaitAsync();
        try
        {
            if (++uses < UsesOfAnAccount)
            {
                return;
            }

            using var client = Caller.New(gateway!);
            var name = Guid.NewGuid().ToString("N");
            (email, password) = ($"{name}@example.org", $"a rare password {name}");
            var (reply, _) = await JsonCalls.InsistAsync(
                () => client.CallAsync(HttpMethod.Post, "v1/auth/register", new { email, password, date_of_birth = "1990-01-02", consent = true }), attempts: 3);
            (token, userId, uses) = (reply.Text("token"), reply.Text("user_id"), 0);
        }
        finally
        {
            gate.Release();
        }
    }
}
