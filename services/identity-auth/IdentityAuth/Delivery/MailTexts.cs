using System.Globalization;

namespace IdentityAuth.Delivery;

/// <summary>What the mails of contract §1.12 say. Tokens travel in the fragment of a link, which no server sees.</summary>
internal sealed class MailTexts(PlatformUrls urls)
{
    private const string NotYou = "If it was not you, do nothing.";

    /// <returns>Lines end with CRLF, as mail wants it (RFC 5322 §2.3).</returns>
    public (string Subject, string Body) For(DeliveryContent content) => content.Kind switch
    {
        DeliveryKind.EmailVerification => (
            "Confirm your e-mail address",
            Lines("Somebody, hopefully you, has an account with this e-mail address. Confirm it here:", Link("verify", content), NotYou)),
        DeliveryKind.PasswordReset => (
            "Set a new password",
            Lines("Somebody, hopefully you, has forgotten the password of this account. Set a new one here:", Link("reset", content), NotYou)),
        DeliveryKind.IpAuthorization => (
            "A sign-in from a new place",
            Lines(
                "Somebody, hopefully you, signs in with your password from an address that is new:",
                $"Address: {content.IpAddress}",
                "Only if it is you, let it in here:",
                Link("authorize-ip", content),
                "If it is not you, change your password: somebody knows it.")),
        DeliveryKind.EmailChangeOriginal => (
            "Your code to change your e-mail address",
            Lines("Somebody, hopefully you, wants to change the e-mail address of this account. The code is:", Code(content), NotYou)),
        DeliveryKind.EmailChangeNew => (
            "Your code to confirm this e-mail address",
            Lines("Somebody, hopefully you, wants to use this e-mail address. The code is:", Code(content), NotYou)),
        DeliveryKind.EmailChangeRevert => (
            "Your e-mail address was changed",
            Lines(
                "The e-mail address of your account was changed to:",
                content.NewEmail!,
                "If it was not you, take it back here within 48 hours, with a new password:",
                Link("wasntme", content))),
        DeliveryKind.PasswordChangeVerification => (
            "Your code to change your password",
            Lines("Somebody, hopefully you, wants to change the password of this account. The code is:", Code(content), NotYou)),
        DeliveryKind.AccountDeletion => (
            "Your account will be deleted",
            Lines(
                string.Create(CultureInfo.InvariantCulture, $"Your account and its data will be deleted on {content.At:yyyy-MM-dd}, as you have asked."),
                "Sign in before that date to keep it.")),
        _ => throw new ArgumentOutOfRangeException(nameof(content), content.Kind, "There is no mail of this kind."),
    };

    private static string Code(DeliveryContent content) => $"Code: {content.Code}";

    private string Link(string page, DeliveryContent content) => $"{urls.App}/{page}#token={content.Token}";

    private string Lines(params IEnumerable<string> paragraphs) => string.Concat(paragraphs.Append(urls.App).Select(paragraph => $"{paragraph}\r\n\r\n"));
}
