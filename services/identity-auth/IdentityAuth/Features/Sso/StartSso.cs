using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using IdentityAuth.Data;
using IdentityAuth.Http;
using IdentityAuth.Sso;
using Microsoft.AspNetCore.WebUtilities;

namespace IdentityAuth.Features.Sso;

/// <summary>
/// Begins a sign-in at the provider (contract §7.2; OpenID Connect Core 1.0 §3.1.2.1 with PKCE, RFC 7636). Verifier and nonce stay here.
/// </summary>
public static class StartSso
{
    private const int MaximumRedirectLength = 2048;
    private const int VerifierBytes = 32;
    private const int NonceBytes = 16;

    // Anonymous: it is a way to sign in.
    public static void Map(RouteGroupBuilder group) => group.MapPost("/sso/start", HandleAsync)
        .WithName(nameof(StartSso))
        .WithSummary("Begin single sign-on")
        .WithDescription("The address to send the browser to. Of `redirect_to` only a path of this site is kept.")
        .Limited(Buckets.SsoStart)
        .Takes<StartSsoRequest>()
        .Answers<StartSsoResponse>(StatusCodes.Status200OK, "Where to go.")
        .Refuses(IdentityAuthProblems.InvalidFormBody, IdentityAuthProblems.FeatureTemporarilyDisabled);

    internal static async Task<IResult> HandleAsync(
        HttpContext http, SsoProvider provider, SsoStates states, IdentityAuthOptions options, CancellationToken cancellationToken)
    {
        using var body = await FormBody.ReadAsync(http);
        var redirectTo = body.OptionalText("redirect_to", 1, MaximumRedirectLength, nullable: true);
        if (body.Errors.Any)
        {
            return body.Errors;
        }

        if (await provider.FindAsync(cancellationToken) is not { } metadata)
        {
            return IdentityAuthProblems.FeatureTemporarilyDisabled;
        }

        var verifier = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(VerifierBytes));
        var nonce = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(NonceBytes));
        var state = await states.IssueAsync(new SsoState(verifier, nonce, Clean(redirectTo)));
        var url = QueryHelpers.AddQueryString(metadata.AuthorizationUrl, new Dictionary<string, string?>(StringComparer.Ordinal)
        {
            ["response_type"] = "code",
            ["client_id"] = options.Sso.ClientId,
            ["redirect_uri"] = provider.RedirectUri,
            ["scope"] = options.Sso.Scope,
            ["state"] = state,
            ["code_challenge"] = Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(verifier))),
            ["code_challenge_method"] = "S256",
            ["nonce"] = nonce,
        });
        return TypedResults.Ok(new StartSsoResponse(url, state, provider.RedirectUri));
    }

    /// <summary>A path of this site, or nothing: two slashes, or a slash and a backslash, begin another host in a browser.</summary>
    private static string Clean(string? redirectTo)
        => redirectTo is ['/', ..] and not ['/', '/' or '\\', ..] && !redirectTo.AsSpan().ContainsAny('\r', '\n') ? redirectTo : "";
}

/// <summary>Where the client wants to go afterwards. Unknown members are ignored.</summary>
/// <param name="RedirectTo">A path, up to 2048 characters; may be null.</param>
public sealed record StartSsoRequest(string? RedirectTo);

/// <summary>A sign-in that was begun.</summary>
/// <param name="AuthorizationUrl">Where to send the browser.</param>
/// <param name="State">32 hex characters, which come back with the code; ten minutes, one use.</param>
/// <param name="RedirectUri">Where the provider sends the browser back to.</param>
public sealed record StartSsoResponse(string AuthorizationUrl, string State, string RedirectUri);
