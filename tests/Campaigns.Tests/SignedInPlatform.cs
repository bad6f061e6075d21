using System.Net.Http.Json;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Campaigns.Tests;

/// <summary>A stack with an administrator who is signed in: device-registry's groups are his to make.</summary>
public abstract partial class SignedInPlatform : PrivatePlatform
{
    private readonly string administrator = $"administrator-{Guid.NewGuid():N}@example.org";

    /// <summary>Session token of the administrator, for device-registry's paths.</summary>
    public string AdministratorToken { get; private set; } = "";

    protected override IEnumerable<string> Arguments => [$"--Parameters:platform-admin-email={administrator}"];

    protected override async Task StartedAsync()
    {
        using var client = Caller.New(Gateway);
        using var inbox = new InboxReader(Inbox);
        using var registered = await client.PostAsJsonAsync(
            "v1/auth/register", new { email = administrator, password = $"a rare password {Guid.NewGuid()}", date_of_birth = "1990-01-02", consent = true });
        registered.EnsureSuccessStatusCode();
        AdministratorToken = (await registered.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("token").GetString()!;

        // The address counts once it is verified.
        var mail = await inbox.ReadAsync($"to:\"{administrator}\"");
        using var verified = await client.PostAsJsonAsync("v1/auth/verify", new { token = MailedToken().Match(mail).Value });
        verified.EnsureSuccessStatusCode();
    }

    [GeneratedRegex("(?<=#token=)[A-Za-z0-9]{64}", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex MailedToken();
}
