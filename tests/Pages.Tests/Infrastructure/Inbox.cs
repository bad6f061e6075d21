using System.Net.Http.Json;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Pages.Tests.Infrastructure;

/// <summary>Reads what the platform has sent to people.</summary>
internal sealed partial class Inbox(Uri address) : IDisposable
{
    public const string ConfirmAddress = "Confirm your e-mail address";
    public const string NewPassword = "Set a new password";
    public const string NewPlace = "A sign-in from a new place";
    public const string AddressChanged = "Your e-mail address was changed";

    private readonly HttpClient _client = new() { BaseAddress = address, Timeout = TimeSpan.FromSeconds(60) };

    /// <summary>The link of the newest mail with this subject, as a path of the platform.</summary>
    public async Task<string> ReadLinkAsync(string to, string subject)
        => new Uri(LinkPattern().Match(await ReadAsync($"to:\"{to}\" subject:\"{subject}\"")).Value) is var link ? link.PathAndQuery + link.Fragment : "";

    /// <summary>The code of a mail, <c>XXXX-XXXX</c>.</summary>
    public async Task<string> ReadMailCodeAsync(string to)
        => MailCodePattern().Match(await ReadAsync($"to:\"{to}\" subject:\"Your code\"")).Groups["code"].Value;

    /// <summary>The six digits of a text message.</summary>
    public async Task<string> ReadSmsCodeAsync(string to)
    {
        using var message = JsonDocument.Parse(await ReadAsync($"to:\"{to}\" kind:sms"));
        return message.RootElement.GetProperty("code").GetString()!;
    }

    /// <summary>The codes of all text messages to a number that are there now, newest first.</summary>
    public async Task<IReadOnlyList<string>> ReadSmsCodesAsync(string to)
    {
        var found = await _client.GetFromJsonAsync<JsonElement>($"api/v1/search?query={Uri.EscapeDataString($"to:\"{to}\" kind:sms")}");
        var codes = new List<string>();
        foreach (var message in found.GetProperty("messages").EnumerateArray())
        {
            var whole = await _client.GetFromJsonAsync<JsonElement>($"api/v1/message/{message.GetProperty("ID").GetString()}");
            using var text = JsonDocument.Parse(whole.GetProperty("Text").GetString()!);
            codes.Add(text.RootElement.GetProperty("code").GetString()!);
        }

        return codes;
    }

    /// <summary>The six digits of scope-signing's mail.</summary>
    public async Task<string> ReadScopeCodeAsync(string to)
        => ScopeCodePattern().Match(await ReadAsync($"to:\"{to}\"")).Groups["code"].Value;

    public void Dispose() => _client.Dispose();

    /// <summary>The newest message that matches, waiting up to 30 s for it.</summary>
    private async Task<string> ReadAsync(string query)
    {
        var found = await _client.GetFromJsonAsync<JsonElement>($"api/v1/search?query={Uri.EscapeDataString(query)}&wait=30");
        var message = found.GetProperty("messages").EnumerateArray().FirstOrDefault();
        Assert.True(message.ValueKind != JsonValueKind.Undefined, $"No message for {query} within 30 s.");
        var whole = await _client.GetFromJsonAsync<JsonElement>($"api/v1/message/{message.GetProperty("ID").GetString()}");
        return whole.GetProperty("Text").GetString()!;
    }

    [GeneratedRegex(@"https?://\S+#token=[A-Za-z0-9]+", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex LinkPattern();

    [GeneratedRegex(@"Code: (?<code>[A-Z0-9]{4}-[A-Z0-9]{4})", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex MailCodePattern();

    [GeneratedRegex(@"Code: (?<code>\d{6})", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex ScopeCodePattern();
}
