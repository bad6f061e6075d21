namespace Aspire.Hosting.Local.Dashboard;

/// <summary>Where the dashboard listens and who may see it.</summary>
internal sealed record DashboardOptions
{
    /// <summary>Address of the pages: <c>http</c>, a loopback host (<c>localhost</c>, <c>127.0.0.1</c>, <c>[::1]</c>). Port 0 takes any free one.</summary>
    public required Uri FrontendUrl { get; init; }

    /// <summary>Address of the OTLP/HTTP receiver, under the same rules and on a port of its own.</summary>
    public required Uri OtlpUrl { get; init; }

    /// <summary>What <c>/login?t=</c> has to carry. Never empty, unless <see cref="AllowAnonymous"/>.</summary>
    public required string BrowserToken { get; init; }

    /// <summary>What the header <c>x-otlp-api-key</c> has to carry. Never empty, unless <see cref="AllowAnonymous"/>.</summary>
    public required string OtlpApiKey { get; init; }

    /// <summary>Switches the login and the key off (<c>ASPIRE_DASHBOARD_UNSECURED_ALLOW_ANONYMOUS</c>).</summary>
    public bool AllowAnonymous { get; init; }

    /// <summary>Shown in the page's title.</summary>
    public required string ApplicationName { get; init; }

    /// <summary>Where the dashboard's own failures go; nowhere by default, because AppHost's console is for the developer's resources.</summary>
    public ILoggerFactory? LoggerFactory { get; init; }

    /// <summary>The clock; tests give their own.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;
}
