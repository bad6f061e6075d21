namespace IdentityAuth.Delivery;

/// <summary>A message: what it says and to whom. Kept sealed.</summary>
internal sealed record DeliveryContent
{
    /// <summary>One of <see cref="DeliveryKind"/>.</summary>
    public required string Kind { get; init; }

    /// <summary>An e-mail address, or a phone number.</summary>
    public required string To { get; init; }

    /// <summary>The language of whose account it is about (RFC 5646). Not there in messages from before there were several: English.</summary>
    public string? Locale { get; init; }

    /// <summary>For a link.</summary>
    public string? Token { get; init; }

    /// <summary>To be typed.</summary>
    public string? Code { get; init; }

    /// <summary>Where an attempt came from.</summary>
    public string? IpAddress { get; init; }

    /// <summary>What the address was changed to.</summary>
    public string? NewEmail { get; init; }

    /// <summary>When something will happen.</summary>
    public DateTimeOffset? At { get; init; }

    public override string ToString() => $"({Kind})";
}

/// <summary>The types of contract §1.12.</summary>
internal static class DeliveryKind
{
    public const string EmailVerification = "email_verification";
    public const string PasswordReset = "password_reset";
    public const string PasswordResetRequest = "password_reset_request";
    public const string IpAuthorization = "ip_authorization";
    public const string EmailChangeOriginal = "email_change_original";
    public const string EmailChangeNew = "email_change_new";
    public const string EmailChangeRevert = "email_change_revert";
    public const string PasswordChangeVerification = "password_change_verification";
    public const string AccountDeletion = "account_deletion";
    public const string SmsCode = "sms_code";
}
