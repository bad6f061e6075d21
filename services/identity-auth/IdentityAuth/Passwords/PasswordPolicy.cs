using System.Security.Cryptography;
using System.Text;

namespace IdentityAuth.Passwords;

/// <summary>Which passwords are refused as too common (contract §3.1 step 3): the list that comes along, and an online one if configured.</summary>
internal sealed partial class PasswordPolicy(CommonPasswords common, IdentityAuthOptions options, IHttpClientFactory clients, ILogger<PasswordPolicy> logger)
{
    public const string HttpClientName = "breached-passwords";

    private const int PrefixLength = 5;

    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(2);

    public async ValueTask<bool> IsTooCommonAsync(string password, CancellationToken cancellationToken)
        => common.Contains(password)
            || (!string.IsNullOrEmpty(options.Passwords.BreachRangeUrl) && await IsBreachedAsync(options.Passwords.BreachRangeUrl, password, cancellationToken));

    // The range API sees five hex digits of the hash, and its answer is padded: neither tells the password.
    private async Task<bool> IsBreachedAsync(string url, string password, CancellationToken cancellationToken)
    {
#pragma warning disable CA5350 // The API's hash; it protects nothing here.
        var hash = Convert.ToHexString(SHA1.HashData(Encoding.UTF8.GetBytes(password)));
#pragma warning restore CA5350
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(Timeout);
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, $"{url.TrimEnd('/')}/{hash[..PrefixLength]}");
            request.Headers.Add("Add-Padding", "true");
            using var answer = await clients.CreateClient(HttpClientName).SendAsync(request, limit.Token);
            answer.EnsureSuccessStatusCode();
            var text = await answer.Content.ReadAsStringAsync(limit.Token);
            return text.Split('\n').Any(line =>
                line.StartsWith(hash[PrefixLength..], StringComparison.OrdinalIgnoreCase) && line.AsSpan(hash.Length - PrefixLength).TrimStart(':').Trim() is not "0");
        }
        catch (Exception exception) when (exception is HttpRequestException or OperationCanceledException && !cancellationToken.IsCancellationRequested)
        {
            LogAway(exception.GetType().Name);
            return false;
        }
    }

    [LoggerMessage(LogLevel.Warning, "The list of breached passwords cannot be asked ({Reason})")]
    private partial void LogAway(string reason);
}
