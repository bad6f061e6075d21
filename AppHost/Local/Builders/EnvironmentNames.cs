namespace Aspire.Hosting;

internal static class EnvironmentNames
{
    /// <summary>A name as a variable: every character that is no ASCII letter or digit becomes <c>_</c>, and a digit in front gets one.</summary>
    public static string Encode(string name)
    {
        var encoded = string.Concat(name.Select(c => char.IsAsciiLetterOrDigit(c) ? c : '_'));
        return encoded.Length > 0 && char.IsAsciiDigit(encoded[0]) ? $"_{encoded}" : encoded;
    }
}
