using Pairing.Domain;

namespace Pairing.Features;

/// <summary>The service's public keys (contract §7.4; RFC 7517 §5).</summary>
public static class GetKeySet
{
    // Anonymous: public keys are for everybody.
    public static void Map(IEndpointRouteBuilder routes) => routes.MapGet("/.well-known/jwks.json", HandleAsync)
        .WithName(nameof(GetKeySet))
        .WithTags("Keys")
        .WithSummary("The service's public keys")
        .WithDescription("A JWK set. The first key is the one to which a phone encrypts its data token (ECDH-ES); those after it verify "
            + "pairing tokens (ES256): the current one, and for 24 hours after a rotation the one before it.")
        .Answers<KeySetResponse>(StatusCodes.Status200OK, "The key set; may be cached for five minutes.");

    internal static async Task HandleAsync(HttpContext http, KeyRing keys)
    {
        http.Response.ContentType = "application/json";
        http.Response.Headers.CacheControl = "public, max-age=300";
        var body = keys.JwkSet;
        http.Response.ContentLength = body.Length;
        await http.Response.Body.WriteAsync(body, http.RequestAborted);
    }
}

/// <summary>A JWK set (RFC 7517 §5).</summary>
/// <param name="Keys">The keys; the encryption key is the first.</param>
public sealed record KeySetResponse(IReadOnlyList<KeyResponse> Keys);

/// <summary>A public key of P-256 (RFC 7518 §6.2.1).</summary>
/// <param name="Kty"><c>EC</c>.</param>
/// <param name="Crv"><c>P-256</c>.</param>
/// <param name="X">Coordinate x: 32 bytes, base64url.</param>
/// <param name="Y">Coordinate y: 32 bytes, base64url.</param>
/// <param name="Kid">The key's id: its JWK thumbprint (RFC 7638).</param>
/// <param name="Use"><c>enc</c> or <c>sig</c>.</param>
/// <param name="Alg"><c>ECDH-ES</c> or <c>ES256</c>.</param>
public sealed record KeyResponse(string Kty, string Crv, string X, string Y, string Kid, string Use, string Alg);
