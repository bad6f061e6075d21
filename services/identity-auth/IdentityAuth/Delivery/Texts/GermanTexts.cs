using System.Globalization;

namespace IdentityAuth.Delivery.Texts;

/// <summary>German.</summary>
internal static class GermanTexts
{
    public static readonly MessageTexts All = new()
    {
        NotYou = "Wenn Sie das nicht waren, tun Sie nichts.",
        Code = code => $"Code: {code}",
        EmailVerification = new(
            "Bestätigen Sie Ihre E-Mail-Adresse", "Jemand, hoffentlich Sie, hat ein Konto mit dieser E-Mail-Adresse. Bestätigen Sie sie hier:"),
        PasswordReset = new("Neues Passwort setzen", "Jemand, hoffentlich Sie, hat das Passwort dieses Kontos vergessen. Setzen Sie hier ein neues:"),
        IpAuthorization = new(
            "Eine Anmeldung von einem neuen Ort", "Jemand, hoffentlich Sie, meldet sich mit Ihrem Passwort von einer neuen Adresse aus an:"),
        IpAddress = address => $"Adresse: {address}",
        IpLetIn = "Nur wenn Sie es sind, lassen Sie sie hier zu:",
        IpNotYou = "Wenn Sie es nicht sind, ändern Sie Ihr Passwort: Jemand kennt es.",
        EmailChangeOriginal = new(
            "Ihr Code zum Ändern Ihrer E-Mail-Adresse", "Jemand, hoffentlich Sie, möchte die E-Mail-Adresse dieses Kontos ändern. Der Code lautet:"),
        EmailChangeNew = new(
            "Ihr Code zum Bestätigen dieser E-Mail-Adresse", "Jemand, hoffentlich Sie, möchte diese E-Mail-Adresse verwenden. Der Code lautet:"),
        EmailChangeRevert = new("Ihre E-Mail-Adresse wurde geändert", "Die E-Mail-Adresse Ihres Kontos wurde geändert in:"),
        EmailTakeBack = "Wenn Sie das nicht waren, machen Sie es hier innerhalb von 48 Stunden mit einem neuen Passwort rückgängig:",
        PasswordChange = new("Ihr Code zum Ändern Ihres Passworts", "Jemand, hoffentlich Sie, möchte das Passwort dieses Kontos ändern. Der Code lautet:"),
        DeletionSubject = "Ihr Konto wird gelöscht",
        Deletion = at => string.Create(CultureInfo.InvariantCulture, $"Ihr Konto und seine Daten werden am {at:dd.MM.yyyy} gelöscht, wie von Ihnen gewünscht."),
        DeletionTakeBack = "Melden Sie sich vor diesem Tag an, um es zu behalten.",
        Sms = (code, minutes) => string.Create(
            CultureInfo.InvariantCulture, $"Ihr Code ist {code}. Er gilt {minutes:F0} Minuten. Niemand von uns wird Sie je danach fragen."),
    };
}
