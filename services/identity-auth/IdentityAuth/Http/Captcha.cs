using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace IdentityAuth.Http;

/// <summary>The challenge before register, login and forgot (contract §1.6).</summary>
internal sealed partial class Captcha(IdentityAuthOptions options, IHttpClientFactory clients, ILogger<Captcha> logger)
{
    public const string HttpClientName = "captcha";

    /// <summary>Somebody waits for the answer.</summary>
    public static readonly TimeSpan Timeout = TimeSpan.FromSeconds(10);

    private const int MaximumTokenLength = 8_192;

    private static readonly Uri Hcaptcha = new("https://api.hcaptcha.com/siteverify");
    private static readonly Uri Turnstile = new("https://challenges.cloudflare.com/turnstile/v0/siteverify");

    /// <summary>Checks the solution that a request carries.</summary>
    /// <returns>The refusal, if there is one.</returns>
    public async ValueTask<IResult?> CheckAsync(HttpContext http)
    {
        if (options.Captcha.Provider == "none")
        {
            return null;
        }

        var token = http.Request.Headers["X-Captcha-Token"].ToString().Trim();
        if (token.Length == 0)
        {
            return IdentityAuthProblems.CaptchaRequired;
        }

        return token.Length <= MaximumTokenLength && await IsSolvedAsync(ProviderOf(http), token, http) ? null : IdentityAuthProblems.InvalidCaptcha;
    }

    // What a client asks for counts only when it is configured; otherwise the default.
    private string ProviderOf(HttpContext http) => http.Request.Headers["X-Captcha-Type"].ToString().Trim().ToLowerInvariant() switch
    {
        "hcaptcha" when options.Captcha.Provider != "test" && !string.IsNullOrEmpty(options.Captcha.HcaptchaSecret) => "hcaptcha",
        "turnstile" when options.Captcha.Provider != "test" && !string.IsNullOrEmpty(options.Captcha.TurnstileSecret) => "turnstile",
        _ => options.Captcha.Provider,
    };

    private async Task<bool> IsSolvedAsync(string provider, string token, HttpContext http) => provider switch
    {
        "hcaptcha" => await AskAsync(Hcaptcha, options.Captcha.HcaptchaSecret!, token, http),
        "turnstile" => await AskAsync(Turnstile, options.Captcha.TurnstileSecret!, token, http),
        _ => CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(token), Encoding.UTF8.GetBytes(options.Captcha.TestSolution!)),
    };

    private async Task<bool> AskAsync(Uri url, string secret, string token, HttpContext http)
    {
        using var form = new FormUrlEncodedContent(new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["secret"] = secret,
            ["response"] = token,
            ["remoteip"] = ClientAddress.Of(http),
        });
        try
        {
            using var answer = await clients.CreateClient(HttpClientName).PostAsync(url, form, http.RequestAborted);
            if (!answer.IsSuccessStatusCode)
            {
                // Out of order, like one that cannot be reached: nobody's fault here.
                throw new HttpRequestException($"The captcha provider answered {(int)answer.StatusCode}.");
            }

            var body = await answer.Content.ReadFromJsonAsync<JsonElement>(http.RequestAborted);
            return body.ValueKind == JsonValueKind.Object && body.TryGetProperty("success", out var success) && success.ValueKind == JsonValueKind.True;
        }
        catch (JsonException exception)
        {
            LogUnreadable(exception);
            return false;
        }
    }

    [LoggerMessage(LogLevel.Warning, "The captcha provider's answer cannot be read")]
    private partial void LogUnreadable(Exception exception);
}
