using System.Text.Json.Serialization;
using IdentityAuth.Domain;

namespace IdentityAuth.Http;

/// <summary>The own account (contract §8.1). Members that other services own have neutral values.</summary>
public sealed record UserResponse
{
    /// <summary>The account's id.</summary>
    public required string Id { get; init; }

    public required string Username { get; init; }

    /// <summary>Four digits.</summary>
    public required string Discriminator { get; init; }

    public required string? GlobalName { get; init; }

    public string? Avatar { get; }

    public int? AvatarColor { get; }

    public required int Flags { get; init; }

    /// <summary>Whether this is the platform's administrator.</summary>
    public required bool IsStaff { get; init; }

    public required IReadOnlyList<string> Acls { get; init; }

    public required IReadOnlyList<string> Traits { get; init; }

    public required string? Email { get; init; }

    public required bool EmailBounced { get; init; }

    public required string? Phone { get; init; }

    /// <summary>Whether the address is verified.</summary>
    public required bool Verified { get; init; }

    public required bool MfaEnabled { get; init; }

    /// <summary>0 TOTP, 1 SMS, 2 WebAuthn.</summary>
    public required IReadOnlyList<int> AuthenticatorTypes { get; init; }

    public required DateTimeOffset? PasswordLastChangedAt { get; init; }

    /// <summary>What has to be confirmed before the account may go on.</summary>
    public required IReadOnlyList<string>? RequiredActions { get; init; }

    /// <summary>Whether he is of age (18).</summary>
    public required bool NsfwAllowed { get; init; }

    public string? Bio { get; }

    public string? Pronouns { get; }

    public int? AccentColor { get; }

    public string? Banner { get; }

    public int? BannerColor { get; }

    public DateTimeOffset? PremiumSince { get; }

    public DateTimeOffset? PremiumUntil { get; }

    public string? PremiumBillingCycle { get; }

    public int? PremiumLifetimeSequence { get; }

    [JsonPropertyName("pending_bulk_message_deletion")]
    public object? PendingBulkMessageDeletion { get; }

    public int PremiumType { get; }

    public bool PremiumWillCancel { get; }

    public bool PremiumBadgeHidden { get; }

    public bool PremiumBadgeMasked { get; }

    public bool PremiumBadgeTimestampHidden { get; }

    public bool PremiumBadgeSequenceHidden { get; }

    public bool PremiumPurchaseDisabled { get; }

    public bool PremiumEnabledOverride { get; }

    public bool HasDismissedPremiumOnboarding { get; }

    public bool HasEverPurchased { get; }

    public bool HasUnreadGiftInventory { get; }

    public bool UsedMobileClient { get; }

    public int UnreadGiftInventoryCount { get; }
}

/// <summary>Writes accounts as their owners see them.</summary>
internal sealed class UserResponses(Administrators administrators, TimeProvider clock)
{
    private const int Majority = 18;

    public UserResponse For(User user)
    {
        var isAdministrator = administrators.Contains(user);
        return new UserResponse
        {
            Id = Snowflake.Text(user.Id),
            Username = user.Username,
            Discriminator = user.Tag,
            GlobalName = user.GlobalName,
            Flags = user.PublicFlags,
            IsStaff = isAdministrator,
            Acls = isAdministrator ? ["*"] : [],
            Traits = user.Traits,
            Email = user.Email,
            EmailBounced = user.EmailBounced,
            Phone = user.Phone,
            Verified = user.EmailVerified,
            MfaEnabled = user.HasMfa,
            AuthenticatorTypes = [.. Enumerable.Range(0, 3).Where(type => ((int)user.Authenticators & (1 << type)) != 0)],
            PasswordLastChangedAt = user.PasswordChangedAt,
            RequiredActions = user.SuspiciousActivity == SuspiciousActivity.None ? null : RequiredActions(user.SuspiciousActivity),
            NsfwAllowed = user.DateOfBirth is { } born && Age.Of(born, clock.GetUtcNow()) >= Majority,
        };
    }

    private static List<string> RequiredActions(SuspiciousActivity mask)
        => [.. RequiredActionNames.Where(action => mask.HasFlag(action.Flag)).Select(action => action.Name)];

    private static readonly (SuspiciousActivity Flag, string Name)[] RequiredActionNames =
    [
        (SuspiciousActivity.RequireVerifiedEmail, "REQUIRE_VERIFIED_EMAIL"),
        (SuspiciousActivity.RequireReverifiedEmail, "REQUIRE_REVERIFIED_EMAIL"),
        (SuspiciousActivity.RequireVerifiedPhone, "REQUIRE_VERIFIED_PHONE"),
        (SuspiciousActivity.RequireReverifiedPhone, "REQUIRE_REVERIFIED_PHONE"),
        (SuspiciousActivity.RequireVerifiedEmailOrVerifiedPhone, "REQUIRE_VERIFIED_EMAIL_OR_VERIFIED_PHONE"),
        (SuspiciousActivity.RequireReverifiedEmailOrVerifiedPhone, "REQUIRE_REVERIFIED_EMAIL_OR_VERIFIED_PHONE"),
        (SuspiciousActivity.RequireVerifiedEmailOrReverifiedPhone, "REQUIRE_VERIFIED_EMAIL_OR_REVERIFIED_PHONE"),
        (SuspiciousActivity.RequireReverifiedEmailOrReverifiedPhone, "REQUIRE_REVERIFIED_EMAIL_OR_REVERIFIED_PHONE"),
    ];
}
