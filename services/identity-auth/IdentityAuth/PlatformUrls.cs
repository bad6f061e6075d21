namespace IdentityAuth;

/// <summary>What the platform is called from outside; always from configuration, never from a request's Host.</summary>
internal sealed class PlatformUrls
{
    private const string Default = "http://localhost:8080";

    public PlatformUrls(IConfiguration configuration, IdentityAuthOptions options)
    {
        Base = configuration["Platform:BaseUrl"]?.TrimEnd('/') is { Length: > 0 } url ? url : Default;
        App = options.AppUrl?.TrimEnd('/') is { Length: > 0 } app ? app : Base;
        AppOrigin = new Uri(App).GetLeftPart(UriPartial.Authority);
    }

    /// <summary>The gateway, without a slash at the end: <c>{base}</c>.</summary>
    public string Base { get; }

    /// <summary>The web application, without a slash at the end: <c>{app}</c>.</summary>
    public string App { get; }

    /// <summary>Scheme, host and port of <see cref="App"/>.</summary>
    public string AppOrigin { get; }
}
