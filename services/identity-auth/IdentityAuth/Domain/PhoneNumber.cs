namespace IdentityAuth.Domain;

/// <summary>Phone numbers: ITU-T E.164, <c>+</c> and 2 to 15 digits, the first not zero.</summary>
public static class PhoneNumber
{
    public static bool IsValid(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return text.Length is >= 3 and <= 16 && text[0] == '+' && text[1] is >= '1' and <= '9' && text.AsSpan(2).IndexOfAnyExceptInRange('0', '9') < 0;
    }

    /// <summary>What somebody may see who has not proven yet that it is his: the last four digits.</summary>
    public static string Hint(string phone)
    {
        ArgumentNullException.ThrowIfNull(phone);
        return $"****{phone[^Math.Min(4, phone.Length - 1)..]}";
    }
}
