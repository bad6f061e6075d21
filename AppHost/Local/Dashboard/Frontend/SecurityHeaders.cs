namespace Aspire.Hosting.Local.Dashboard.Frontend;

/// <summary>What every answer of the pages' server tells the browser.</summary>
internal static class SecurityHeaders
{
    /// <summary>Everything comes from here, nothing is inline, nothing is embedded, no text is ever parsed as HTML by a script.</summary>
    private const string ContentSecurityPolicy =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; "
        + "base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'";

    public static void UseSecurityHeaders(this IApplicationBuilder app) => app.Use((context, next) =>
    {
        var headers = context.Response.Headers;
        headers.ContentSecurityPolicy = ContentSecurityPolicy;
        headers.XContentTypeOptions = "nosniff";
        headers.XFrameOptions = "DENY";
        headers.CacheControl = "no-store";
        headers["Cross-Origin-Opener-Policy"] = "same-origin";
        headers["Cross-Origin-Resource-Policy"] = "same-origin";
        // Not no-referrer: with it browsers send "Origin: null" with the login form.
        headers["Referrer-Policy"] = "same-origin";
        return next(context);
    });
}
