using System.Diagnostics.CodeAnalysis;

namespace ScopeSigning.Domain;

/// <summary>A telephone number in the international form of E.164: <c>+</c>, then 7–15 digits, the first not 0.</summary>
internal sealed class PhoneNumber
{
    private PhoneNumber(string text) => Text = text;

    public string Text { get; }

    public static bool TryParse(string? text, [NotNullWhen(true)] out PhoneNumber? number)
    {
        number = text is { Length: >= 8 and <= 16 }
            && text[0] == '+'
            && text[1] != '0'
            && !text.AsSpan(1).ContainsAnyExceptInRange('0', '9')
                ? new PhoneNumber(text)
                : null;
        return number is not null;
    }

    public override string ToString() => "(phone number)";
}
