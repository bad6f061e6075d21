using Microsoft.Extensions.Options;

namespace Gateway.Pages;

/// <summary>Holds the current <see cref="PageSet"/>. In Development it is read anew when a file has changed.</summary>
internal sealed partial class AccountPages
{
    private readonly IWebHostEnvironment _environment;
    private readonly IReadOnlyDictionary<string, Uri> _developerLinks;
    private volatile PageSet? _current;

    public AccountPages(IWebHostEnvironment environment, IOptions<GatewayOptions> options, ILogger<AccountPages> logger)
    {
        _environment = environment;
        _developerLinks = options.Value.DeveloperLinks;
        _current = Read();
        if (_current is null)
        {
            LogMissing(logger, environment.WebRootPath);
        }
    }

    /// <summary>What is served now, or <see langword="null"/> when this installation has no pages.</summary>
    public PageSet? Current => _current;

    /// <summary>As <see cref="Current"/>, for the document: with it a browser begins to load a page.</summary>
    public PageSet? Refresh()
    {
        if (_environment.IsDevelopment() && _current?.Signature != PageSet.SignatureOf(_environment.WebRootFileProvider))
        {
            _current = Read();
        }

        return _current;
    }

    private PageSet? Read() => PageSet.Read(_environment.WebRootFileProvider, _developerLinks);

    [LoggerMessage(LogLevel.Warning, "There are no account pages in {Folder}: their addresses will not be found.")]
    private static partial void LogMissing(ILogger logger, string folder);
}
