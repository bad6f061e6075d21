namespace IdentityAuth.Delivery.Texts;

/// <summary>All words of the messages of contract §1.12, in one language. For another one: an instance, and a line in <see cref="Of"/>.</summary>
internal sealed record MessageTexts
{
    /// <summary>Ends a mail whose reader may not have asked for it.</summary>
    public required string NotYou { get; init; }

    /// <summary>With the code.</summary>
    public required Func<string, string> Code { get; init; }

    public required Mail EmailVerification { get; init; }

    public required Mail PasswordReset { get; init; }

    public required Mail IpAuthorization { get; init; }

    /// <summary>With the address from which somebody signs in.</summary>
    public required Func<string, string> IpAddress { get; init; }

    /// <summary>Stands before the link that lets the address in.</summary>
    public required string IpLetIn { get; init; }

    /// <summary>Ends the mail about a new address.</summary>
    public required string IpNotYou { get; init; }

    public required Mail EmailChangeOriginal { get; init; }

    public required Mail EmailChangeNew { get; init; }

    public required Mail EmailChangeRevert { get; init; }

    /// <summary>Stands before the link that takes the change back.</summary>
    public required string EmailTakeBack { get; init; }

    public required Mail PasswordChange { get; init; }

    public required string DeletionSubject { get; init; }

    /// <summary>With the date.</summary>
    public required Func<DateTimeOffset, string> Deletion { get; init; }

    public required string DeletionTakeBack { get; init; }

    /// <summary>A text message: the code, and its lifetime in minutes. Letters of GSM 03.38 only: with any other one it takes two messages.</summary>
    public required Func<string, double, string> Sms { get; init; }

    /// <summary>The words for an account's locale (RFC 5646); English where there are no others.</summary>
    public static MessageTexts Of(string? locale) => locale?.Split('-')[0] switch
    {
        "de" => GermanTexts.All,
        _ => EnglishTexts.All,
    };

    /// <summary>Subject and first paragraph.</summary>
    internal sealed record Mail(string Subject, string Opening);
}
