using System.Text.Json;
using IdentityAuth.Http;
using Microsoft.AspNetCore.Http.Json;
using Microsoft.Extensions.Options;

namespace IdentityAuth.Features.Users;

/// <summary>The own account (contract §8.1), and the way to find out whether a token is alive.</summary>
public static class GetCurrentUser
{
    public static void Map(RouteGroupBuilder group) => group.MapGet("/", HandleAsync)
        .WithName(nameof(GetCurrentUser))
        .WithSummary("Read the own account")
        .WithDescription("The account that the session belongs to; also the way to find out whether a token is alive.")
        .NeedsUnsuspiciousSession()
        .Limited(Buckets.UserRead)
        .Answers<UserResponse>(StatusCodes.Status200OK, "The account.");

    // Every service and client asks this all day: the answer is written once for as long as the account is known.
    internal static Task HandleAsync(HttpContext http, UserResponses responses, IOptions<JsonOptions> json)
    {
        var known = http.Caller.Known;
        var answer = known.Answer ??= JsonSerializer.SerializeToUtf8Bytes(responses.For(known.User), json.Value.SerializerOptions);
        http.Response.ContentType = "application/json; charset=utf-8";
        http.Response.ContentLength = answer.Length;
        return http.Response.Body.WriteAsync(answer, http.RequestAborted).AsTask();
    }
}
