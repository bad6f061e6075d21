using IdentityAuth.Domain;

namespace IdentityAuth.Http;

/// <summary>Accounts that nobody signs in to, told only to whoever has proven that it is his (contract §3.4 steps 3 and 4).</summary>
internal static class AccountGate
{
    public static Problem? RefusalOf(User user, DateTimeOffset now)
    {
        if (user.IsBot)
        {
            return IdentityAuthProblems.BotAccessDenied;
        }

        if (user.IsDeleted)
        {
            return IdentityAuthProblems.AccountSuspendedPermanently;
        }

        // What an administrator has switched off, its owner cannot switch on again.
        return user.BannedUntil > now || user.Flags.HasFlag(AccountFlags.DisabledByAdministrator) ? IdentityAuthProblems.AccountSuspendedTemporarily : null;
    }
}
