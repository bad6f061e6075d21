namespace Gateway.Pages;

/// <summary>
/// The addresses of the account pages. Each answers with the same document, whose script shows the page that the address names
/// (<c>wwwroot/assets/pages.js</c> has the other half of this list). None may lie below a row of the route table.
/// </summary>
internal static class PagePaths
{
    public static readonly IReadOnlyList<string> All =
    [
        "/",
        "/sign-up", "/forgot", "/hand-off-code",

        // Behind the links in mails, and where a sign-in provider sends people back to.
        "/verify", "/reset", "/authorize-ip", "/wasntme", "/auth/sso/callback",

        "/security", "/sessions", "/devices", "/hand-off", "/scopes",
    ];
}
