using IdentityAuth.Data;
using IdentityAuth.Domain;
using Microsoft.AspNetCore.Http.Features;

namespace IdentityAuth.Http;

/// <summary>The session token in <c>Authorization</c>: bare, or behind <c>Bearer</c> (contract §1.4).</summary>
internal static class SessionHeader
{
    private const string Bearer = "Bearer ";

    public static bool TryRead(HttpRequest request, out string token)
    {
        token = "";
        var header = request.Headers.Authorization;
        if (header.Count != 1 || header[0] is not { } text)
        {
            return false;
        }

        token = text.StartsWith(Bearer, StringComparison.OrdinalIgnoreCase) ? text[Bearer.Length..] : text;
        return SessionToken.IsWellFormed(token);
    }

    extension(HttpContext http)
    {
        /// <summary>Whose session this request carries, on operations that need one.</summary>
        public Caller Caller => http.Features.GetRequiredFeature<Caller>();

        /// <summary>Whose session this request carries, if it carries one.</summary>
        public Caller? OptionalCaller => http.Features.Get<Caller>();
    }
}
