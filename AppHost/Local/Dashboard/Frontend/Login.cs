using Microsoft.AspNetCore.Http.Features;
using Microsoft.Net.Http.Headers;

namespace Aspire.Hosting.Local.Dashboard.Frontend;

/// <summary>
/// Login by the link that AppHost prints, <c>/login?t={token}</c>, or by typing the token. Guesses are not counted: the generated token has
/// more than 128 random bits, and a limit would let any local process lock its owner out.
/// </summary>
internal static class Login
{
    public const string Path = "/login";

    /// <summary>Lets through who is logged in, sends everybody else to the login page; scripts get 401.</summary>
    public static void UseLogin(this IApplicationBuilder app, BrowserSession sessions) => app.Use((context, next) =>
    {
        var request = context.Request;
        if (request.Path == Path || request.Path.StartsWithSegments(StaticAssets.Path, StringComparison.Ordinal) || sessions.Exists(context))
        {
            return next(context);
        }

        if (request.Path.StartsWithSegments("/api", StringComparison.OrdinalIgnoreCase))
        {
            return Answers.ErrorAsync(context, StatusCodes.Status401Unauthorized, "Log in first.");
        }

        var here = request.Path + request.QueryString;
        context.Response.Redirect(here == "/" ? Path : $"{Path}?returnUrl={Uri.EscapeDataString(here)}");
        return Task.CompletedTask;
    });

    public static void MapLogin(this IEndpointRouteBuilder routes, BrowserSession sessions, StaticAssets assets)
    {
        routes.MapMethods(Path, [HttpMethods.Get, HttpMethods.Head], context =>
        {
            var query = context.Request.Query;
            if (query.TryGetValue("t", out var token))
            {
                return Finish(context, token, query["returnUrl"]);
            }

            if (sessions.Exists(context))
            {
                context.Response.Redirect(LocalPath(query["returnUrl"]));
                return Task.CompletedTask;
            }

            return assets.WritePageAsync(context, "login.html");
        });

        routes.MapPost(Path, async context =>
        {
            if (!MediaTypeHeaderValue.TryParse(context.Request.ContentType, out var mediaType)
                || !mediaType.MediaType.Equals("application/x-www-form-urlencoded", StringComparison.OrdinalIgnoreCase))
            {
                await Answers.ErrorAsync(context, StatusCodes.Status415UnsupportedMediaType, "Send the token as a form.");
                return;
            }

            IFormCollection form;
            try
            {
                form = await new FormFeature(context.Request, new FormOptions { ValueCountLimit = 8, KeyLengthLimit = 64, ValueLengthLimit = 8 * 1024 })
                    .ReadFormAsync(context.RequestAborted);
            }
            catch (InvalidDataException)
            {
                await Answers.ErrorAsync(context, StatusCodes.Status400BadRequest, "The form cannot be read.");
                return;
            }

            await Finish(context, form["token"], form["returnUrl"]);
        });

        async Task Finish(HttpContext context, string? token, string? returnUrl)
        {
            if (sessions.TryLogIn(context, token?.Trim()))
            {
                context.Response.StatusCode = StatusCodes.Status303SeeOther;
                context.Response.Headers.Location = LocalPath(returnUrl);
                return;
            }

            context.Response.StatusCode = StatusCodes.Status401Unauthorized;
            await assets.WritePageAsync(context, "login-refused.html");
        }
    }

    /// <summary>Only a path of this server: <c>//host</c> and <c>/\host</c> would leave it, and a control character has no business in a header.</summary>
    private static string LocalPath(string? url)
        => url is ['/', ..] and not ['/', '/' or '\\', ..] && url.All(c => c is > ' ' and < '\x7f') && !url.StartsWith(Path, StringComparison.Ordinal) ? url : "/";
}
