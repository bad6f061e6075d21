namespace IdentityAuth.Domain;

/// <summary>Who runs the platform: the account whose verified address is the configured one.</summary>
internal sealed class Administrators(IdentityAuthOptions options)
{
    private readonly string _email = options.AdministratorEmail.Trim();

    public bool Contains(User user) => _email.Length > 0 && user.EmailVerified && EmailAddress.AreSame(user.Email, _email);
}
