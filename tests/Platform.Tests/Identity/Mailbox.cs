using System.Text.Json;
using System.Text.RegularExpressions;
using TestSupport;
using static Platform.Tests.Identity.Account;

namespace Platform.Tests.Identity;

/// <summary>What people find in their mail and on their phones: the inbox of the stack that the tests share.</summary>
internal static partial class Mailbox
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <summary>The link in the newest mail to somebody.</summary>
    /// <param name="count">How many such mails there have to be.</param>
    public static async Task<Uri> LinkAsync(string to, string subject, int count = 1) => new(Link().Match(await MailAsync(to, subject, count)).Value);

    /// <summary>The token in that link.</summary>
    public static async Task<string> TokenAsync(string to, string subject, int count = 1) => TokenOf(await LinkAsync(to, subject, count));

    public static string TokenOf(Uri link) => link.Fragment["#token=".Length..];

    /// <summary>The code in the newest mail to somebody.</summary>
    public static async Task<string> CodeAsync(string to, string subject) => Code().Match(await MailAsync(to, subject, 1)).Groups["code"].Value;

    /// <summary>The code in the newest text message to a number.</summary>
    /// <param name="count">How many messages there have to be.</param>
    public static async Task<string> TextedCodeAsync(string phone, int count = 1)
        => Text(JsonDocument.Parse(await ReadAsync($"to:\"{phone}\" kind:sms", count)).RootElement, "code");

    private static Task<string> MailAsync(string to, string subject, int count) => ReadAsync($"to:\"{to}\" subject:\"{subject}\"", count);

    // The newest of what was found, once there is as much as there has to be.
    private static async Task<string> ReadAsync(string query, int count)
    {
        using var inbox = new HttpClient { BaseAddress = (await BackingServers.GetAsync()).Stack.Inbox };
        var found = new List<string>();
        await Eventually.IsTrueAsync(
            async () =>
            {
                var messages = JsonDocument.Parse(await inbox.GetStringAsync(new Uri($"api/v1/search?query={Uri.EscapeDataString(query)}", UriKind.Relative)));
                var ids = messages.RootElement.GetProperty("messages").EnumerateArray().Select(message => Text(message, "ID")).ToList();
                if (ids.Count < count)
                {
                    return false;
                }

                var message = JsonDocument.Parse(await inbox.GetStringAsync(new Uri($"api/v1/message/{ids[0]}", UriKind.Relative)));
                found.Add(Text(message.RootElement, "Text"));
                return true;
            },
            Patience,
            $"Message number {count} for {query} did not come");
        return found[0];
    }

    [GeneratedRegex(@"http://\S+#token=[A-Za-z0-9]{64}", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Link();

    [GeneratedRegex("Code: (?<code>[A-Z0-9]{4}-[A-Z0-9]{4})", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Code();
}
