namespace IdentityAuth.Http;

/// <summary>The codes of field errors. Retired ones are not used again.</summary>
internal static class FieldCodes
{
    // Field types (contract §1.3).
    public const string InvalidFormat = "INVALID_FORMAT";
    public const string StringLengthInvalid = "STRING_LENGTH_INVALID";
    public const string StringLengthExact = "STRING_LENGTH_EXACT";
    public const string EmailLengthInvalid = "EMAIL_LENGTH_INVALID";
    public const string InvalidEmailFormat = "INVALID_EMAIL_FORMAT";
    public const string InvalidEmailLocalPart = "INVALID_EMAIL_LOCAL_PART";
    public const string PasswordLengthInvalid = "PASSWORD_LENGTH_INVALID";
    public const string UsernameLengthInvalid = "USERNAME_LENGTH_INVALID";
    public const string UsernameInvalidCharacters = "USERNAME_INVALID_CHARACTERS";
    public const string UsernameReservedValue = "USERNAME_RESERVED_VALUE";
    public const string UsernameCannotContainReservedTerms = "USERNAME_CANNOT_CONTAIN_RESERVED_TERMS";
    public const string GlobalNameLengthInvalid = "GLOBAL_NAME_LENGTH_INVALID";
    public const string GlobalNameReservedValue = "GLOBAL_NAME_RESERVED_VALUE";
    public const string GlobalNameCannotContainReservedTerms = "GLOBAL_NAME_CANNOT_CONTAIN_RESERVED_TERMS";
    public const string PhoneNumberInvalidFormat = "PHONE_NUMBER_INVALID_FORMAT";

    // Sudo (§1.8).
    public const string InvalidPassword = "INVALID_PASSWORD";
    public const string InvalidMfaCode = "INVALID_MFA_CODE";

    // Registration and sign-in (§3).
    public const string MustAgree = "MUST_AGREE_TO_TOS_AND_PRIVACY_POLICY";
    public const string InvalidDateOfBirthFormat = "INVALID_DATE_OF_BIRTH_FORMAT";
    public const string MustBeMinimumAge = "MUST_BE_MINIMUM_AGE";
    public const string PasswordIsTooCommon = "PASSWORD_IS_TOO_COMMON";
    public const string InvalidEmailAddress = "INVALID_EMAIL_ADDRESS";
    public const string EmailAlreadyInUse = "EMAIL_ALREADY_IN_USE";
    public const string TooManyUsersWithThisUsername = "TOO_MANY_USERS_WITH_THIS_USERNAME";
    public const string InvalidEmailOrPassword = "INVALID_EMAIL_OR_PASSWORD";
    public const string InvalidVerificationToken = "INVALID_OR_EXPIRED_VERIFICATION_TOKEN";
    public const string SessionTimeout = "SESSION_TIMEOUT";
    public const string InvalidCode = "INVALID_CODE";

    // New addresses, resets (§4, §5).
    public const string InvalidAuthorizationToken = "INVALID_OR_EXPIRED_AUTHORIZATION_TOKEN";
    public const string InvalidAuthorizationTicket = "INVALID_OR_EXPIRED_AUTHORIZATION_TICKET";
    public const string InvalidResetToken = "INVALID_OR_EXPIRED_RESET_TOKEN";
    public const string InvalidRevertToken = "INVALID_OR_EXPIRED_REVERT_TOKEN";

    // The own account (§8).
    public const string EmailMustBeChangedViaToken = "EMAIL_MUST_BE_CHANGED_VIA_TOKEN";
    public const string UnclaimedAccountsCanOnlySetEmailViaToken = "UNCLAIMED_ACCOUNTS_CAN_ONLY_SET_EMAIL_VIA_TOKEN";
    public const string PasswordNotSet = "PASSWORD_NOT_SET";
    public const string InvalidEmailToken = "INVALID_EMAIL_TOKEN";
    public const string EmailTokenExpired = "EMAIL_TOKEN_EXPIRED";
    public const string MustHaveEmailToChangeIt = "MUST_HAVE_EMAIL_TO_CHANGE_IT";
    public const string InvalidProofToken = "INVALID_PROOF_TOKEN";
    public const string OriginalEmailMustBeVerifiedFirst = "ORIGINAL_EMAIL_MUST_BE_VERIFIED_FIRST";
    public const string NewEmailMustBeDifferent = "NEW_EMAIL_MUST_BE_DIFFERENT";
    public const string InvalidVerificationCode = "INVALID_VERIFICATION_CODE";
    public const string VerificationCodeExpired = "VERIFICATION_CODE_EXPIRED";
    public const string VerificationCodeNotIssued = "VERIFICATION_CODE_NOT_ISSUED";
    public const string InvalidTicket = "INVALID_OR_EXPIRED_TICKET";
    public const string TicketAlreadyCompleted = "TICKET_ALREADY_COMPLETED";
    public const string DiscriminatorTaken = "TAG_ALREADY_TAKEN";

    private static readonly Dictionary<string, string> Messages = new(StringComparer.Ordinal)
    {
        [InvalidFormat] = "This field is missing or has the wrong form.",
        [StringLengthInvalid] = "This text is too short or too long.",
        [StringLengthExact] = "This text does not have the required length.",
        [EmailLengthInvalid] = "An e-mail address has 1 to 254 characters.",
        [InvalidEmailFormat] = "This is not an e-mail address.",
        [InvalidEmailLocalPart] = "The part before the @ has characters that are not allowed.",
        [PasswordLengthInvalid] = "A password has 8 to 256 characters.",
        [UsernameLengthInvalid] = "A username has 1 to 32 characters.",
        [UsernameInvalidCharacters] = "A username may have letters, digits and underscores.",
        [UsernameReservedValue] = "This username is reserved.",
        [UsernameCannotContainReservedTerms] = "This username contains a reserved term.",
        [GlobalNameLengthInvalid] = "A display name has 1 to 32 characters.",
        [GlobalNameReservedValue] = "This display name is reserved.",
        [GlobalNameCannotContainReservedTerms] = "This display name contains a reserved term.",
        [PhoneNumberInvalidFormat] = "This is not a phone number in international form.",
        [InvalidPassword] = "The password is wrong.",
        [InvalidMfaCode] = "The code is wrong.",
        [MustAgree] = "You have to agree to the terms of service and the privacy policy.",
        [InvalidDateOfBirthFormat] = "This is not a date of birth.",
        [MustBeMinimumAge] = "You are not old enough to have an account.",
        [PasswordIsTooCommon] = "This password is too common.",
        [InvalidEmailAddress] = "This e-mail address cannot receive mail.",
        [EmailAlreadyInUse] = "This e-mail address is in use.",
        [TooManyUsersWithThisUsername] = "Too many users have this username.",
        [InvalidEmailOrPassword] = "The e-mail address or the password is wrong.",
        [SessionTimeout] = "This sign-in has timed out; start again.",
        [InvalidCode] = "The code is wrong.",
        [EmailMustBeChangedViaToken] = "The e-mail address is changed with a token.",
        [UnclaimedAccountsCanOnlySetEmailViaToken] = "Set an e-mail address and a password first.",
        [PasswordNotSet] = "The current password is missing.",
        [EmailTokenExpired] = "This token has expired.",
        [MustHaveEmailToChangeIt] = "This account has no e-mail address to change.",
        [OriginalEmailMustBeVerifiedFirst] = "Confirm the current e-mail address first.",
        [NewEmailMustBeDifferent] = "This is the current e-mail address.",
        [VerificationCodeExpired] = "The code has expired.",
        [VerificationCodeNotIssued] = "No code was sent.",
        [TicketAlreadyCompleted] = "This has been completed before.",
        [DiscriminatorTaken] = "Somebody else has this name with this tag.",
    };

    public static string MessageOf(string code) => Messages.GetValueOrDefault(code, "This value is wrong, used or expired.");
}
