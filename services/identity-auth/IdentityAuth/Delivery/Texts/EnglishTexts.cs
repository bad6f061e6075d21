using System.Globalization;

namespace IdentityAuth.Delivery.Texts;

/// <summary>English.</summary>
internal static class EnglishTexts
{
    public static readonly MessageTexts All = new()
    {
        NotYou = "If it was not you, do nothing.",
        Code = code => $"Code: {code}",
        EmailVerification = new("Confirm your e-mail address", "Somebody, hopefully you, has an account with this e-mail address. Confirm it here:"),
        PasswordReset = new("Set a new password", "Somebody, hopefully you, has forgotten the password of this account. Set a new one here:"),
        IpAuthorization = new("A sign-in from a new place", "Somebody, hopefully you, signs in with your password from an address that is new:"),
        IpAddress = address => $"Address: {address}",
        IpLetIn = "Only if it is you, let it in here:",
        IpNotYou = "If it is not you, change your password: somebody knows it.",
        EmailChangeOriginal = new(
            "Your code to change your e-mail address", "Somebody, hopefully you, wants to change the e-mail address of this account. The code is:"),
        EmailChangeNew = new("Your code to confirm this e-mail address", "Somebody, hopefully you, wants to use this e-mail address. The code is:"),
        EmailChangeRevert = new("Your e-mail address was changed", "The e-mail address of your account was changed to:"),
        EmailTakeBack = "If it was not you, take it back here within 48 hours, with a new password:",
        PasswordChange = new("Your code to change your password", "Somebody, hopefully you, wants to change the password of this account. The code is:"),
        DeletionSubject = "Your account will be deleted",
        Deletion = at => string.Create(CultureInfo.InvariantCulture, $"Your account and its data will be deleted on {at:yyyy-MM-dd}, as you have asked."),
        DeletionTakeBack = "Sign in before that date to keep it.",
        Sms = (code, minutes) => string.Create(
            CultureInfo.InvariantCulture, $"Your code is {code}. It is good for {minutes:F0} minutes. Nobody from us will ever ask you for it."),
    };
}
