namespace IdentityAuth.Domain;

/// <summary>What a <c>User-Agent</c> says to a person who looks through his sessions.</summary>
internal sealed record UserAgent(string OperatingSystem, string Browser)
{
    private const string Unknown = "Unknown";

    // The first that is found: most browsers also name those that they are compatible with.
    private static readonly (string Mark, string Name)[] Browsers =
    [
        ("Fluxer", "Fluxer"), ("Edg", "Edge"), ("OPR/", "Opera"), ("Opera", "Opera"), ("SamsungBrowser", "Samsung Internet"), ("Vivaldi", "Vivaldi"),
        ("Firefox", "Firefox"), ("FxiOS", "Firefox"), ("CriOS", "Chrome"), ("Chromium", "Chromium"), ("Chrome", "Chrome"), ("Safari", "Safari"), ("curl", "curl"),
    ];

    private static readonly (string Mark, string Name)[] Systems =
    [
        ("Windows", "Windows"), ("Android", "Android"), ("iPhone", "iOS"), ("iPad", "iPadOS"), ("CrOS", "ChromeOS"), ("Mac OS X", "macOS"), ("Macintosh", "macOS"), ("Linux", "Linux"),
    ];

    public static UserAgent Parse(string? text) => new(Find(Systems, text), Find(Browsers, text));

    private static string Find((string Mark, string Name)[] marks, string? text)
        => marks.FirstOrDefault(mark => text?.Contains(mark.Mark, StringComparison.Ordinal) == true).Name ?? Unknown;
}
