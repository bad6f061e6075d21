namespace Aspire.Hosting.ApplicationModel;

/// <summary>
/// The rule for names: 1 to 64 ASCII letters, digits and hyphens, the first a letter, no hyphen at the end and no two in a row.
/// They end up in host names, variables and files.
/// </summary>
internal static class ResourceName
{
    private const int MaximumLength = 64;

    public static void Validate(string name)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        var valid = name.Length <= MaximumLength
            && char.IsAsciiLetter(name[0])
            && name[^1] != '-'
            && !name.Contains("--", StringComparison.Ordinal)
            && name.All(c => char.IsAsciiLetterOrDigit(c) || c == '-');
        if (!valid)
        {
            throw new ArgumentException(
                $"'{name}' is no resource name: 1 to {MaximumLength} ASCII letters, digits and single hyphens, beginning with a letter and not ending with a hyphen.",
                nameof(name));
        }
    }
}
