using Microsoft.Net.Http.Headers;

namespace ScopeSigning.Http;

/// <summary>Decides between the token itself and JSON for the answers that can be either. Never a 406.</summary>
internal static class TokenNegotiation
{
    public const string TokenMediaType = "application/jwt";

    /// <summary>
    /// Whether <c>Accept</c> names <c>application/jwt</c> and not <c>application/json</c> with an equal or higher quality.
    /// Everything else, <c>*/*</c> included, is JSON: generated clients send it and then parse JSON.
    /// </summary>
    public static bool WantsToken(HttpRequest request)
    {
        var token = QualityOf(request, TokenMediaType);
        return token > 0 && token > QualityOf(request, "application/json");
    }

    /// <summary>The highest quality (RFC 9110 §12.4.2) with which the type is named, 0 when it is not.</summary>
    public static double QualityOf(HttpRequest request, string mediaType)
    {
        if (!MediaTypeHeaderValue.TryParseList(request.Headers.Accept, out var accepted))
        {
            return 0;
        }

        return accepted
            .Where(type => type.MediaType.Equals(mediaType, StringComparison.OrdinalIgnoreCase))
            .Select(type => type.Quality ?? 1)
            .DefaultIfEmpty(0)
            .Max();
    }
}
