namespace IdentityAuth.Domain;

/// <summary>The languages that a client can be in (contract §1.6).</summary>
internal static class Locales
{
    public const string Default = "en-US";

    private static readonly string[] Supported =
    [
        "ar", "bg", "cs", "da", "de", "el", "en-GB", "en-US", "es-419", "es-ES", "fi", "fr", "he", "hi", "hr", "hu", "id", "it", "ja", "ko",
        "lt", "nl", "no", "pl", "pt-BR", "ro", "ru", "sv-SE", "th", "tr", "uk", "vi", "zh-CN", "zh-TW",
    ];

    /// <summary>The supported tag that the client wants most; of a language whose region is not there, the first one.</summary>
    /// <param name="acceptLanguage">RFC 9110 §12.5.4.</param>
    public static string From(string? acceptLanguage)
    {
        var wanted = (acceptLanguage ?? "").Split(',', 32)
            .Select(entry => Microsoft.Net.Http.Headers.StringWithQualityHeaderValue.TryParse(entry.Trim(), out var parsed) ? parsed : null)
            .OfType<Microsoft.Net.Http.Headers.StringWithQualityHeaderValue>()
            .Where(entry => entry.Quality is not 0)
            .OrderByDescending(entry => entry.Quality ?? 1)
            .Select(entry => entry.Value.ToString());
        foreach (var tag in wanted)
        {
            var language = tag.Split('-')[0];
            var found = Supported.FirstOrDefault(one => one.Equals(tag, StringComparison.OrdinalIgnoreCase))
                ?? (language.Equals("en", StringComparison.OrdinalIgnoreCase) ? Default : null)
                ?? Supported.FirstOrDefault(one => one.Split('-')[0].Equals(language, StringComparison.OrdinalIgnoreCase));
            if (found is not null)
            {
                return found;
            }
        }

        return Default;
    }
}
