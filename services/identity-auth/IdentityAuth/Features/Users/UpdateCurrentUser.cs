using System.Globalization;
using IdentityAuth.Data;
using IdentityAuth.Domain;
using IdentityAuth.Http;
using IdentityAuth.Passwords;

namespace IdentityAuth.Features.Users;

/// <summary>
/// Changes the own account (contract §8.1): name, password, and the address by the token of a change of address. Changes that matter want
/// sudo. With a new password every session ends.
/// </summary>
public static class UpdateCurrentUser
{
    // What an account without address and password may not set yet: the profile, which other services own.
    private static readonly string[] ProfileMembers =
    [
        "global_name", "avatar", "avatar_color", "bio", "pronouns", "accent_color", "banner", "banner_color", "phone", "locale",
        "premium_badge_hidden", "premium_badge_masked", "premium_badge_timestamp_hidden", "premium_badge_sequence_hidden", "premium_enabled_override",
    ];

    public static void Map(RouteGroupBuilder group) => group.MapPatch("/", HandleAsync)
        .WithName(nameof(UpdateCurrentUser))
        .WithSummary("Change the own account")
        .WithDescription("Any subset of the members. A changed name or tag, a new password and a new address want sudo. A new password ends every session.")
        .NeedsUnsuspiciousSession()
        .NeedsSudo()
        .Limited(Buckets.UserUpdate)
        .Takes<UpdateCurrentUserRequest>()
        .Answers<UserResponse>(StatusCodes.Status200OK, "The account as it is now.")
        .Refuses(IdentityAuthProblems.InvalidFormBody);

    internal static async Task<IResult> HandleAsync(
        HttpContext http, UserStore users, Sudo sudo, AccountUpdate update, UserResponses responses, PasswordPolicy policy, PasswordHasher passwords,
        CancellationToken cancellationToken)
    {
        using var body = await FormBody.ReadAsync(http);
        var (change, fields) = Read(body);
        if (await users.FindAsync(http.Caller.User.Id, cancellationToken) is not { } user)
        {
            return IdentityAuthProblems.UnknownUser;
        }

        if (user.IsUnclaimed)
        {
            foreach (var name in ProfileMembers.Where(body.Has))
            {
                body.Fault(name, FieldCodes.UnclaimedAccountsCanOnlySetEmailViaToken);
            }
        }

        if (body.Errors.Any)
        {
            return body.Errors;
        }

        // Sudo: what matters has to be changed by the owner.
        change = change.WithoutWhatIs(user);
        if ((user.IsUnclaimed ? change.ChangesName : change.IsSensitive) && await sudo.CheckAsync(http, user, fields, cancellationToken) is { } unproven)
        {
            return unproven;
        }

        if (change.NewPassword is { } newPassword)
        {
            if (await CheckPasswordAsync(http, user, fields.Password, newPassword, sudo, policy, cancellationToken) is { } refusal)
            {
                return refusal;
            }

            if (await passwords.HashAsync(newPassword, cancellationToken) is not { } hash)
            {
                return RateLimitAnswer.For(PasswordHasher.BusyWait);
            }

            change = change with { PasswordHash = hash };
        }

        if (!change.IsEmpty && await update.ApplyAsync(user, change, ClientAddress.Of(http), cancellationToken) is { } failed)
        {
            return failed;
        }

        return await users.FindAsync(user.Id, cancellationToken) is { } changed ? TypedResults.Ok(responses.For(changed)) : IdentityAuthProblems.UnknownUser;
    }

    // Sudo has compared the password already where that was the proof; not where it was a second factor, or a token from before.
    private static async ValueTask<IResult?> CheckPasswordAsync(
        HttpContext http, User user, string? password, string newPassword, Sudo sudo, PasswordPolicy policy, CancellationToken cancellationToken)
    {
        if (user.HasPassword && password is null)
        {
            return new FieldErrors("password", FieldCodes.PasswordNotSet);
        }

        if (user.HasPassword && (user.HasMfa || sudo.HasToken(http, user)) && await sudo.CheckPasswordAsync(user, password!, cancellationToken) is { } refusal)
        {
            return refusal;
        }

        return await policy.IsTooCommonAsync(newPassword, cancellationToken) ? new FieldErrors("new_password", FieldCodes.PasswordIsTooCommon) : null;
    }

    private static (AccountUpdateRequest Change, SudoFields Fields) Read(FormBody body)
    {
        if (body.Has("email"))
        {
            body.Fault("email", FieldCodes.EmailMustBeChangedViaToken);
        }

        var change = new AccountUpdateRequest
        {
            Username = body.OptionalUsername("username"),
            Discriminator = ReadDiscriminator(body),
            SetsGlobalName = body.Has("global_name"),
            GlobalName = body.OptionalGlobalName("global_name", nullable: true),
            NewPassword = body.OptionalPassword("new_password"),
            EmailToken = body.OptionalText("email_token"),
        };
        return (change, SudoFields.Read(body));
    }

    // As it is shown, four digits; a number is understood as well.
    private static int? ReadDiscriminator(FormBody body)
    {
        if (!body.Has("discriminator"))
        {
            return null;
        }

        if (body.NumberText("discriminator") is { Length: <= 4 } text
            && int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var tag)
            && tag is >= 1 and <= 9_999)
        {
            return tag;
        }

        body.Fault("discriminator", FieldCodes.InvalidFormat);
        return null;
    }
}

/// <summary>
/// What to change, and the sudo fields; <c>password</c>, the current one, goes with a new password in any case. Members of the profile are
/// ignored.
/// </summary>
public sealed record UpdateCurrentUserRequest : SudoRequest
{
    /// <summary>1–32 of letters, digits and <c>_</c>.</summary>
    public string? Username { get; init; }

    /// <summary>Four digits.</summary>
    public string? Discriminator { get; init; }

    /// <summary>1–32 characters of any script, or null for none.</summary>
    public string? GlobalName { get; init; }

    /// <summary>8–256 characters, none of the most common.</summary>
    public string? NewPassword { get; init; }

    /// <summary>From the last step of a change of address.</summary>
    public string? EmailToken { get; init; }
}
