using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Net.Http.Headers;
using ScopeSigning.Http;
using ScopeSigning.OpenApi;
using ScopeSigning.Signing;

namespace ScopeSigning.Features.Issuer;

/// <summary>
/// The public keys with which anybody verifies our scope tokens offline: a JWK set (RFC 7517 §5, RFC 8037 §2). Served from
/// memory, also while Postgres is away. The test issuer has one of its own.
/// </summary>
public static class GetKeySet
{
    private const string SetMediaType = "application/jwk-set+json";

    public static void Map(RouteGroupBuilder group)
    {
        group.MapGet("/.well-known/jwks.json", (HttpContext context, IssuerKeyRing keys) => Handle(context, keys, test: false))
            .WithName(nameof(GetKeySet))
            .WithSummary("Read the issuer's public keys")
            .WithDescription("A JWK set of Ed25519 keys: the one that signs first, the announced next one, and those of tokens that are still valid. Cache it; look again at most every 5 minutes when a token names an unknown 'kid'.")
            .Answers<KeySetResponse>(200, "The key set.", "application/json", SetMediaType)
            .AnswersEmpty(304, "It has not changed since the given ETag.");
        group.MapGet("/test/.well-known/jwks.json", (HttpContext context, IssuerKeyRing keys) => Handle(context, keys, test: true))
            .WithName("GetTestKeySet")
            .WithSummary("Read the test issuer's public keys")
            .WithDescription("The key set of the test issuer. A relying party does not list it.")
            .Answers<KeySetResponse>(200, "The key set.", "application/json", SetMediaType)
            .AnswersEmpty(304, "It has not changed since the given ETag.");
    }

    private static FileContentHttpResult Handle(HttpContext context, IssuerKeyRing keys, bool test)
    {
        var (json, tag) = keys.KeySet(test);
        var headers = context.Response.Headers;
        headers.CacheControl = "public, max-age=3600";
        headers.Vary = HeaderNames.Accept;
        var asSet = TokenNegotiation.QualityOf(context.Request, SetMediaType) > TokenNegotiation.QualityOf(context.Request, "application/json");
        return TypedResults.Bytes(json, asSet ? SetMediaType : "application/json", entityTag: new EntityTagHeaderValue(tag));
    }
}

/// <summary>A JWK set (RFC 7517 §5).</summary>
public sealed record KeySetResponse
{
    /// <summary>The keys.</summary>
    [System.Text.Json.Serialization.JsonPropertyName("keys")]
    public required IReadOnlyList<KeyResponse> Keys { get; init; }
}

/// <summary>A public Ed25519 key as a JWK (RFC 8037 §2).</summary>
public sealed record KeyResponse
{
    /// <summary>Always <c>OKP</c>.</summary>
    [System.Text.Json.Serialization.JsonPropertyName("kty")]
    public required string Kty { get; init; }

    /// <summary>Always <c>Ed25519</c>.</summary>
    [System.Text.Json.Serialization.JsonPropertyName("crv")]
    public required string Crv { get; init; }

    /// <summary>The public key: 43 base64url characters.</summary>
    [System.Text.Json.Serialization.JsonPropertyName("x")]
    public required string X { get; init; }

    /// <summary>Its RFC 7638 thumbprint, which a token's header names.</summary>
    [System.Text.Json.Serialization.JsonPropertyName("kid")]
    public required string Kid { get; init; }

    /// <summary>Always <c>EdDSA</c>.</summary>
    [System.Text.Json.Serialization.JsonPropertyName("alg")]
    public required string Alg { get; init; }

    /// <summary>Always <c>sig</c>.</summary>
    [System.Text.Json.Serialization.JsonPropertyName("use")]
    public required string Use { get; init; }
}
