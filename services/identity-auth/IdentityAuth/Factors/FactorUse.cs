using IdentityAuth.Data;
using IdentityAuth.Domain;
using Npgsql;

namespace IdentityAuth.Factors;

/// <summary>
/// A proof that was right, and the statement that spends it. The statement touches one row if nobody has spent it before, and none
/// otherwise: of parallel uses one wins.
/// </summary>
/// <param name="Method">One of <see cref="SignInMethod"/>.</param>
internal sealed record FactorUse(string Method, string? Statement, object[] Values)
{
    /// <summary>A proof that was spent when it was checked.</summary>
    public static FactorUse Spent(string method) => new(method, null, []);

    /// <summary>Spends it in a transaction: if that is rolled back, it was not spent.</summary>
    public async Task<bool> SpendAsync(UnitOfWork work, CancellationToken cancellationToken)
        => Statement is null || await work.ExecuteAsync(Statement, Values, cancellationToken) == 1;

    /// <summary>Spends it at once.</summary>
    public async Task<bool> SpendAsync(NpgsqlDataSource source, CancellationToken cancellationToken)
        => Statement is null || await source.ExecuteAsync(Statement, Values, cancellationToken) == 1;

    public override string ToString() => $"({Method})";
}
