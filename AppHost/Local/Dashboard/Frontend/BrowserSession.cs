using System.Buffers.Text;
using System.Security.Cryptography;

namespace Aspire.Hosting.Local.Dashboard.Frontend;

/// <summary>
/// Who is logged in: whoever sends the cookie of this start. Browsers send cookies of <c>localhost</c> to every port, so its value is
/// not the token but a random one that is worth nothing after AppHost has ended, and its name carries the port, so that two
/// dashboards on one machine do not log each other out.
/// </summary>
internal sealed class BrowserSession
{
    private readonly FixedTimeSecret token;
    private readonly string value = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));
    private readonly FixedTimeSecret session;
    private readonly bool allowAnonymous;

    public BrowserSession(DashboardOptions options)
    {
        token = new FixedTimeSecret(options.BrowserToken);
        session = new FixedTimeSecret(value);
        allowAnonymous = options.AllowAnonymous;
    }

    public bool Exists(HttpContext context) => allowAnonymous || session.Matches(context.Request.Cookies[CookieName(context)]);

    /// <returns>Whether the token is right; then the answer sets the cookie.</returns>
    public bool TryLogIn(HttpContext context, string? guess)
    {
        if (!token.Matches(guess))
        {
            return false;
        }

        context.Response.Cookies.Append(CookieName(context), value, new CookieOptions
        {
            HttpOnly = true,
            SameSite = SameSiteMode.Strict,
            IsEssential = true,
            Path = "/",
            Secure = context.Request.IsHttps,
        });
        return true;
    }

    private static string CookieName(HttpContext context) => $"platform-dashboard-{context.Connection.LocalPort}";
}
