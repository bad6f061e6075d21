using IdentityAuth.Tokens;

namespace IdentityAuth.Features.Tokens;

/// <summary>The public keys of access tokens (RFC 7517 §5).</summary>
public static class GetKeySet
{
    // Anonymous: public keys are for everybody.
    public static void Map(RouteGroupBuilder group) => group.MapGet("/jwks.json", HandleAsync)
        .WithName(nameof(GetKeySet))
        .WithSummary("The public keys of access tokens")
        .WithDescription("A JWK set: the key that signs, the one that will sign next, and those whose last token is not dead yet.")
        .Answers<KeySetResponse>(StatusCodes.Status200OK, "The key set; may be cached for five minutes.");

    internal static async Task HandleAsync(HttpContext http, SigningKeyRing keys)
    {
        var (json, entityTag) = keys.KeySet;
        http.Response.ContentType = "application/json";
        http.Response.Headers.ETag = entityTag;
        http.Response.ContentLength = json.Length;
        await http.Response.Body.WriteAsync(json, http.RequestAborted);
    }
}

/// <summary>A JWK set (RFC 7517 §5).</summary>
/// <param name="Keys">The keys; the one that signs is the first.</param>
public sealed record KeySetResponse(IReadOnlyList<KeyResponse> Keys);

/// <summary>A public key of P-256 (RFC 7518 §6.2.1).</summary>
/// <param name="Kty"><c>EC</c>.</param>
/// <param name="Crv"><c>P-256</c>.</param>
/// <param name="X">Coordinate x: 32 bytes, base64url.</param>
/// <param name="Y">Coordinate y: 32 bytes, base64url.</param>
/// <param name="Kid">The key's id: its JWK thumbprint (RFC 7638).</param>
/// <param name="Alg"><c>ES256</c>.</param>
/// <param name="Use"><c>sig</c>.</param>
public sealed record KeyResponse(string Kty, string Crv, string X, string Y, string Kid, string Alg, string Use);
