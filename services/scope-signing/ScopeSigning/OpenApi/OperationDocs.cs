namespace ScopeSigning.OpenApi;

internal sealed record ParameterDoc(string Name, bool InPath, bool Required, string Description);

internal sealed record BodyDoc(string Description, bool Required, IReadOnlyList<string> MediaTypes);

internal sealed record ResponseDoc(int Status, string Description);

/// <summary>What a route says about itself in the OpenAPI document: bodies and queries are read by hand, so nothing can be inferred.</summary>
internal static class OperationDocs
{
    public static RouteHandlerBuilder TakesToken(this RouteHandlerBuilder route, string description) => route.WithMetadata(new BodyDoc(
        description + " A compact JWS, itself or wrapped as a JSON string or as an object with the one member 'jwt'; at most 16384 bytes. Unsigned JSON is never accepted.",
        Required: true,
        ["application/jwt", "application/json", "text/plain"]));

    public static RouteHandlerBuilder TakesJson(this RouteHandlerBuilder route, string description)
        => route.WithMetadata(new BodyDoc(description, Required: false, ["application/json"]));

    public static RouteHandlerBuilder TakesQuery(this RouteHandlerBuilder route, string name, bool required, string description)
        => route.WithMetadata(new ParameterDoc(name, InPath: false, required, description));

    public static RouteHandlerBuilder TakesKey(this RouteHandlerBuilder route)
        => route.WithMetadata(new ParameterDoc("key", InPath: true, Required: true, "The public key: 43 base64url characters."));

    public static RouteHandlerBuilder TakesJob(this RouteHandlerBuilder route)
        => route.WithMetadata(new ParameterDoc("job", InPath: true, Required: true, "The job: 20 base64url characters, as POST /scope answered."));

    public static RouteHandlerBuilder TakesErrorCode(this RouteHandlerBuilder route)
        => route.WithMetadata(new ParameterDoc("code", InPath: true, Required: true, "The code, such as duplicate-key."));

    public static RouteHandlerBuilder Answers<TBody>(this RouteHandlerBuilder route, int status, string description, params string[] mediaTypes)
        => route
            .Produces<TBody>(status, mediaTypes.Length == 0 ? "application/json" : mediaTypes[0], mediaTypes.Length == 0 ? [] : mediaTypes[1..])
            .WithMetadata(new ResponseDoc(status, description));

    public static RouteHandlerBuilder AnswersEmpty(this RouteHandlerBuilder route, int status, string description)
        => route.Produces(status).WithMetadata(new ResponseDoc(status, description));

    public static RouteHandlerBuilder RefusesEmpty(this RouteHandlerBuilder route, int status, string description)
        => route.AnswersEmpty(status, description);

    /// <summary>Declares the refusals; those of one status share one response.</summary>
    public static RouteHandlerBuilder Refuses(this RouteHandlerBuilder route, params ProblemType[] problems)
    {
        foreach (var group in problems.GroupBy(problem => problem.Status))
        {
            route
                .Produces<Http.ErrorBody>(group.Key, "application/json")
                .WithMetadata(new ResponseDoc(group.Key, string.Join(" ", group.Select(problem => $"`{problem.Code}`: {problem.Title}."))));
        }

        return route;
    }

    /// <summary>What every operation that takes a token can refuse besides.</summary>
    public static RouteHandlerBuilder RefusesTokenBodies(this RouteHandlerBuilder route)
        => route.Refuses(ScopeSigningProblems.TooLarge, ScopeSigningProblems.BadMediaType, ScopeSigningProblems.Unavailable);
}
