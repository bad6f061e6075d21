using ScopeSigning.OpenApi;

namespace ScopeSigning.Features.Issuer;

/// <summary>The paragraph behind an error's <c>type</c>, for the developer who follows it.</summary>
public static class GetErrorText
{
    public static void Map(RouteGroupBuilder group) => group.MapGet("/errors/{code}", Handle)
        .WithName(nameof(GetErrorText))
        .WithSummary("Read what an error means")
        .WithDescription("One paragraph for an error's code, the last segment of its 'type'.")
        .TakesErrorCode()
        .Answers<string>(200, "The paragraph.", "text/plain")
        .Refuses(ScopeSigningProblems.NotFound);

    private static IResult Handle(string code)
        => ScopeSigningProblems.All.FirstOrDefault(problem => problem.Code == code) is { } problem
            ? TypedResults.Text($"{problem.Title} ({problem.Status}). {problem.Explanation}\n", "text/plain; charset=utf-8")
            : TypedResults.NotFound();
}
