using System.Security.Cryptography;
using System.Text;
using IdentityAuth.Data;

namespace IdentityAuth.Http;

/// <summary>What the steps of a change of address or password have in common (contract §8.7, §8.8).</summary>
internal static class ChangeSteps
{
    /// <summary>Mails to the account's own address, per account in <see cref="Window"/>.</summary>
    public const int OriginalMails = 3;

    /// <summary>Mails to new addresses.</summary>
    public const int NewMails = 5;

    public static readonly TimeSpan Window = TimeSpan.FromMinutes(15);

    /// <summary>A ticket that is unknown, over, somebody else's, or used up.</summary>
    public static FieldErrors? RefusalOf(AccountChange? change)
        => change is null ? new FieldErrors("ticket", FieldCodes.InvalidTicket)
            : change.Stage == AccountChangeStage.Completed ? new FieldErrors("ticket", FieldCodes.TicketAlreadyCompleted)
            : null;

    public static FieldErrors? RefusalOf(CodeCheck check) => check switch
    {
        CodeCheck.Right => null,
        CodeCheck.Wrong => new FieldErrors("code", FieldCodes.InvalidVerificationCode),
        _ => new FieldErrors("code", FieldCodes.VerificationCodeExpired),
    };

    public static FieldErrors CodeNotIssued() => new("code", FieldCodes.VerificationCodeNotIssued);

    public static bool IsProof(AccountChange change, string proof)
        => CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(change.Proof!), Encoding.UTF8.GetBytes(proof));
}
