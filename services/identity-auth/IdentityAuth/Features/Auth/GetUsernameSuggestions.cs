using IdentityAuth.Domain;
using IdentityAuth.Http;

namespace IdentityAuth.Features.Auth;

/// <summary>Makes a username of a display name (contract §3.9). Looks at no account, so it tells nothing about any.</summary>
public static class GetUsernameSuggestions
{
    public static void Map(RouteGroupBuilder group) => group.MapPost("/username-suggestions", (Delegate)HandleAsync)
        .WithName(nameof(GetUsernameSuggestions))
        .WithSummary("Suggest usernames")
        .WithDescription("Usernames that go with a display name; none when nothing usable remains of it.")
        .IsLocalSignIn()
        .Limited(Buckets.Register)
        .Takes<GetUsernameSuggestionsRequest>()
        .Answers<GetUsernameSuggestionsResponse>(StatusCodes.Status200OK, "At most 20.")
        .Refuses(IdentityAuthProblems.InvalidFormBody);

    internal static async Task<IResult> HandleAsync(HttpContext http)
    {
        using var body = await FormBody.ReadAsync(http);
        var name = body.GlobalName("global_name");
        return body.Errors.Any
            ? body.Errors
            : TypedResults.Ok(new GetUsernameSuggestionsResponse(UsernameDerivation.From(name) is { } username ? [username] : []));
    }
}

/// <summary>A display name.</summary>
public sealed record GetUsernameSuggestionsRequest
{
    /// <summary>1–32 characters of any script.</summary>
    public required string GlobalName { get; init; }
}

/// <summary>Usernames.</summary>
/// <param name="Suggestions">At most 20.</param>
public sealed record GetUsernameSuggestionsResponse(IReadOnlyList<string> Suggestions);
