using System.Text.Json.Serialization;
using ScopeSigning.Data;
using ScopeSigning.Domain;
using ScopeSigning.Http;
using ScopeSigning.OpenApi;

namespace ScopeSigning.Features.Keys;

/// <summary>
/// Public details of a key: the Authentiq API's <c>key_retrieve</c>, and <c>HEAD</c> for relying parties that want to know whether
/// a key is live. Anybody may call it; device token, encryption key and bindings are not shown.
/// </summary>
public static class GetKey
{
    public static void Map(RouteGroupBuilder group)
    {
        group.MapGet("/key/{key}", HandleAsync)
            .WithName(nameof(GetKey))
            .WithSummary("Read a key's public details")
            .WithDescription("Tells whether the key is registered and since when. Nothing else about a key is public.")
            .TakesKey()
            .Answers<GetKeyResponse>(200, "The key is registered.")
            .Refuses(ScopeSigningProblems.UnknownKey, ScopeSigningProblems.RevokedKey);
        group.MapMethods("/key/{key}", [HttpMethods.Head], HandleAsync)
            .WithName("HeadKey")
            .WithSummary("Ask whether a key is live")
            .WithDescription("The status of the GET, without a body: 200 live, 404 unknown, 410 revoked.")
            .TakesKey()
            .AnswersEmpty(200, "The key is registered.")
            .RefusesEmpty(404, "No such key is registered.")
            .RefusesEmpty(410, "The key was revoked.");
    }

    internal static async Task<IResult> HandleAsync(string key, HttpRequest request, KeyStore keys, CancellationToken cancellationToken)
    {
        if (!SubjectKey.TryParse(key, out var subject) || await keys.FindAsync(subject, cancellationToken) is not { } row)
        {
            return TokenGate.UnknownKey.ToResult();
        }

        if (row.IsRevoked)
        {
            return TokenGate.RevokedKey.ToResult();
        }

        return HttpMethods.IsHead(request.Method)
            ? TypedResults.Text("", "application/json; charset=utf-8")
            : TypedResults.Ok(new GetKeyResponse
            {
                Sub = subject.Text,
                Status = "registered",
                Since = row.Since.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", System.Globalization.CultureInfo.InvariantCulture),
            });
    }
}

/// <summary>What is public about a key.</summary>
public sealed record GetKeyResponse
{
    /// <summary>The key: 43 base64url characters.</summary>
    [JsonPropertyName("sub")]
    public required string Sub { get; init; }

    /// <summary>Always <c>registered</c>.</summary>
    [JsonPropertyName("status")]
    public required string Status { get; init; }

    /// <summary>When it was registered: RFC 3339, UTC.</summary>
    [JsonPropertyName("since")]
    public required string Since { get; init; }
}
