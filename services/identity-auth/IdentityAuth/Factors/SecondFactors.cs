using IdentityAuth.Data;
using IdentityAuth.Domain;
using Npgsql;

namespace IdentityAuth.Factors;

/// <inheritdoc cref="ISecondFactors"/>
internal sealed class SecondFactors : ISecondFactors
{
    // No account can enrol a factor yet, so no proof can be right.
    public ValueTask<bool> VerifySudoAsync(Caller caller, User user, FactorProof proof, CancellationToken cancellationToken) => ValueTask.FromResult(false);

    public void AddRemoval(NpgsqlBatch batch, long userId)
    {
        // Nothing is kept yet.
    }
}
