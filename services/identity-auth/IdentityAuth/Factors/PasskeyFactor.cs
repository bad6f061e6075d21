using System.Text.Json;
using IdentityAuth.Data;
using IdentityAuth.Domain;
using IdentityAuth.Domain.Passkeys;

namespace IdentityAuth.Factors;

/// <summary>Security keys and passkeys: what a client is asked for, and whether its answer holds (contract §1.9).</summary>
internal sealed class PasskeyFactor(CredentialStore credentials, Challenges challenges, PasskeyCeremony ceremony, RelyingParty party, TimeProvider clock)
{
    /// <summary>Options for an assertion, with a new challenge.</summary>
    /// <param name="allowed">The credentials that may answer; <see langword="null"/> for any that the authenticator finds.</param>
    public async Task<PasskeyRequestOptions> RequestAsync(
        PasskeyContext context, IReadOnlyList<CredentialInfo>? allowed = null, long? userId = null, string? ticket = null)
        => new(
            await challenges.IssueAsync(context, userId, ticket),
            party.Id,
            allowed?.Select(CredentialDescriptor.Of).ToArray());

    /// <summary>Checks an assertion; the challenge is burnt, whatever comes of it.</summary>
    /// <param name="userId">Whose credential it has to be; <see langword="null"/>: whoever it belongs to.</param>
    /// <returns>The owner and how the use is noted, or <see langword="null"/> if anything is wrong.</returns>
    public async Task<(long UserId, FactorUse Use)?> CheckAsync(
        JsonElement? response, string? challenge, PasskeyContext context, string method, CancellationToken cancellationToken, long? userId = null, string? ticket = null)
    {
        if (challenge is null || !await challenges.TakeAsync(challenge, context, userId, ticket))
        {
            return null;
        }

        if (response is not { } json
            || AssertionResponse.TryRead(json) is not { } assertion
            || await credentials.FindAsync(assertion.CredentialId, cancellationToken) is not { } credential
            || (userId is { } owner && credential.UserId != owner)
            || !NamesOwner(assertion, credential.UserId)
            || ceremony.Verify(assertion, challenge, credential.Key) is not { } signCount)
        {
            return null;
        }

        return (credential.UserId, new FactorUse(method, CredentialStore.Use, [assertion.CredentialId, (long)signCount, clock.GetUtcNow()]));
    }

    /// <summary>The user handle, where the authenticator sends one, is the owner's id (contract §1.9).</summary>
    private static bool NamesOwner(AssertionResponse assertion, long userId)
        => assertion.UserHandle is not { } handle || handle.AsSpan().SequenceEqual(System.Text.Encoding.ASCII.GetBytes(Snowflake.Text(userId)));
}
