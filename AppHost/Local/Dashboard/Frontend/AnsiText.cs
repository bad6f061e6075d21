using System.Text.RegularExpressions;

namespace Aspire.Hosting.Local.Dashboard.Frontend;

/// <summary>Text with the control sequences of terminals (ECMA-48 §5.4, and OSC strings such as links) taken out.</summary>
internal static partial class AnsiText
{
    public static string Strip(string text) => text.Contains('\x1b', StringComparison.Ordinal) ? Sequence().Replace(text, "") : text;

    [GeneratedRegex(@"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-Z\\^_])", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex Sequence();
}
