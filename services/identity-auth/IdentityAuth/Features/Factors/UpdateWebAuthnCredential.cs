using IdentityAuth.Data;
using IdentityAuth.Http;
using Npgsql;

namespace IdentityAuth.Features.Factors;

/// <summary>Gives a security key another name (contract §8.6).</summary>
public static class UpdateWebAuthnCredential
{
    private const int MaximumNameLength = 100;

    public static void Map(RouteGroupBuilder group) => group.MapPatch("/mfa/webauthn/credentials/{credentialId}", HandleAsync)
        .WithName(nameof(UpdateWebAuthnCredential))
        .WithSummary("Rename a security key")
        .WithDescription("The id does not change.")
        .HasParameter("credentialId", "The key's id, base64url.")
        .NeedsUnsuspiciousSession()
        .NeedsSudo()
        .Limited(Buckets.CredentialUpdate)
        .Takes<UpdateWebAuthnCredentialRequest>()
        .Answers(StatusCodes.Status204NoContent, "The key has its new name.")
        .Refuses(IdentityAuthProblems.InvalidFormBody, IdentityAuthProblems.UnknownWebAuthnCredential);

    internal static async Task<IResult> HandleAsync(
        string credentialId, HttpContext http, NpgsqlDataSource source, UserStore users, Sudo sudo, CancellationToken cancellationToken)
    {
        using var body = await FormBody.ReadAsync(http);
        var (name, fields) = (body.Text("name", 1, MaximumNameLength), SudoFields.Read(body));
        if (body.Errors.Any)
        {
            return body.Errors;
        }

        if (await users.FindAsync(http.Caller.User.Id, cancellationToken) is not { } user)
        {
            return IdentityAuthProblems.UnknownUser;
        }

        if (await sudo.CheckAsync(http, user, fields, cancellationToken) is { } refusal)
        {
            return refusal;
        }

        return CredentialId.TryRead(credentialId) is { } id
            && await source.ExecuteAsync(
                "UPDATE webauthn_credentials SET name = $3 WHERE id = $1 AND user_id = $2", [id, user.Id, name], cancellationToken) == 1
                ? TypedResults.NoContent()
                : IdentityAuthProblems.UnknownWebAuthnCredential;
    }
}

/// <summary>A new name, and the sudo fields. Unknown members are ignored.</summary>
public sealed record UpdateWebAuthnCredentialRequest : SudoRequest
{
    /// <summary>1–100 characters.</summary>
    public required string Name { get; init; }
}
