namespace IdentityAuth.Domain;

/// <summary>What has become of an account.</summary>
[Flags]
internal enum AccountFlags
{
    None = 0,

    /// <summary>Closed for good: its personal data is gone.</summary>
    Deleted = 1,

    /// <summary>Switched off: by its owner when nothing else is set, by an administrator with <see cref="DisabledByAdministrator"/>.</summary>
    Disabled = 2,

    /// <summary>Its owner has asked for deletion; the days of grace run.</summary>
    SelfDeleted = 4,

    DisabledByAdministrator = 8,

    /// <summary>Signs in from any address: reviewers of app stores have no mailbox to confirm with.</summary>
    AppStoreReviewer = 16,
}

/// <summary>What an account has to confirm before it may go on (contract §8.2).</summary>
[Flags]
internal enum SuspiciousActivity
{
    None = 0,
    RequireVerifiedEmail = 1,
    RequireReverifiedEmail = 2,
    RequireVerifiedPhone = 4,
    RequireReverifiedPhone = 8,
    RequireVerifiedEmailOrVerifiedPhone = 16,
    RequireReverifiedEmailOrVerifiedPhone = 32,
    RequireVerifiedEmailOrReverifiedPhone = 64,
    RequireReverifiedEmailOrReverifiedPhone = 128,

    /// <summary>What a verified address settles.</summary>
    SettledByEmail = 1 | 2 | 16 | 32 | 64 | 128,

    /// <summary>What a phone settles.</summary>
    SettledByPhone = 4 | 8 | 16 | 32 | 64 | 128,

    /// <summary>What lets a verified address be verified again.</summary>
    AsksForReverifiedEmail = 2 | 32 | 64 | 128,
}

/// <summary>The second factors that are active on an account: a set.</summary>
[Flags]
internal enum AuthenticatorTypes
{
    None = 0,
    Totp = 1,
    Sms = 2,
    WebAuthn = 4,
}

/// <summary>An account as it was read.</summary>
internal sealed record User
{
    public required long Id { get; init; }

    public required string Username { get; init; }

    /// <summary>1–9999.</summary>
    public required int Discriminator { get; init; }

    public string? GlobalName { get; init; }

    /// <summary>As typed.</summary>
    public string? Email { get; init; }

    public bool EmailVerified { get; init; }

    public bool EmailBounced { get; init; }

    /// <summary>E.164.</summary>
    public string? Phone { get; init; }

    public DateOnly? DateOfBirth { get; init; }

    public required string Locale { get; init; }

    /// <summary>PHC string.</summary>
    public string? PasswordHash { get; init; }

    public DateTimeOffset? PasswordChangedAt { get; init; }

    public AccountFlags Flags { get; init; }

    /// <summary>Badges that everybody sees.</summary>
    public int PublicFlags { get; init; }

    public bool IsBot { get; init; }

    public SuspiciousActivity SuspiciousActivity { get; init; }

    public AuthenticatorTypes Authenticators { get; init; }

    public IReadOnlyList<string> Traits { get; init; } = [];

    /// <summary>Until when the account is suspended.</summary>
    public DateTimeOffset? BannedUntil { get; init; }

    /// <summary>When its data is to be erased.</summary>
    public DateTimeOffset? DeletionAt { get; init; }

    /// <summary>
    /// Counts what ends every session: new password, revert, disable, delete. Whatever was begun under an older stamp (a ticket, a
    /// sign-in whose password was checked) must not end in a session.
    /// </summary>
    public int SecurityStamp { get; init; }

    public DateTimeOffset CreatedAt { get; init; }

    public bool HasMfa => Authenticators != AuthenticatorTypes.None;

    public bool HasPassword => PasswordHash is not null;

    /// <summary>Neither address nor password: made without, and not claimed yet. Accounts from single sign-on have an address.</summary>
    public bool IsUnclaimed => Email is null && PasswordHash is null;

    public bool IsDeleted => Flags.HasFlag(AccountFlags.Deleted);

    /// <summary><c>0042</c>.</summary>
    public string Tag => Discriminator.ToString("D4", System.Globalization.CultureInfo.InvariantCulture);

    public override string ToString() => $"user {Id}";
}
