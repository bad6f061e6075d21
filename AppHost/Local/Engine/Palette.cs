namespace Aspire.Hosting.Local.Engine;

/// <summary>Colours (ECMA-48), on a terminal only, and not where <c>NO_COLOR</c> (no-color.org) is set.</summary>
internal sealed class Palette
{
    public const string None = "";
    public const string Red = "31";
    public const string Green = "32";
    public const string Yellow = "33";
    public const string Cyan = "36";
    private readonly bool _isColored;

    internal Palette(bool isColored) => _isColored = isColored;

    public static Palette For(TextWriter writer, bool isRedirected)
        => new(writer != TextWriter.Null && !isRedirected && string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR")));

    public string Paint(string text, string color) => _isColored && color.Length > 0 ? $"\u001b[{color}m{text}\u001b[0m" : text;
}
