using IdentityAuth.Data;
using IdentityAuth.Domain;
using IdentityAuth.Domain.Passkeys;
using Npgsql;

namespace IdentityAuth.Factors;

/// <inheritdoc cref="ISecondFactors"/>
internal sealed class SecondFactors(NpgsqlDataSource source, TotpFactor totp, SmsCodes smsCodes, PasskeyFactor passkeys) : ISecondFactors
{
    public async ValueTask<bool> VerifySudoAsync(Caller caller, User user, FactorProof proof, CancellationToken cancellationToken)
    {
        var use = (proof.Method, proof.Code) switch
        {
            ("totp", { } code) when user.Authenticators.HasFlag(AuthenticatorTypes.Totp) => await totp.CheckAsync(user.Id, code, cancellationToken),
            ("sms", { } code) when user is { Phone: { } phone } && user.Authenticators.HasFlag(AuthenticatorTypes.Sms)
                => await smsCodes.RedeemAsync(SmsPurpose.Sudo, user.Id, phone, code) ? FactorUse.Spent(SignInMethod.Sms) : null,
            ("webauthn", _) => (await passkeys.CheckAsync(
                proof.WebAuthnResponse, proof.WebAuthnChallenge, PasskeyContext.Sudo, SignInMethod.WebAuthn, cancellationToken, user.Id))?.Use,
            _ => null,
        };
        return use is not null && await use.SpendAsync(source, cancellationToken);
    }

    public void AddRemoval(NpgsqlBatch batch, long userId)
    {
        batch.Add("DELETE FROM totp_secrets WHERE user_id = $1", userId);
        batch.Add("DELETE FROM backup_codes WHERE user_id = $1", userId);
        batch.Add("DELETE FROM webauthn_credentials WHERE user_id = $1", userId);
        batch.Add("DELETE FROM sso_links WHERE user_id = $1", userId);
    }
}
