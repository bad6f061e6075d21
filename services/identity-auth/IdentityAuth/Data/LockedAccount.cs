using IdentityAuth.Contracts.V1;
using IdentityAuth.Domain;
using Npgsql;
using ServiceDefaults.Messaging;

namespace IdentityAuth.Data;

/// <summary>
/// An account whose row is locked: what is decided about it here holds until the commit, and two changes run one after the other.
/// Disposing without a commit changes nothing.
/// </summary>
internal sealed class LockedAccount : IAsyncDisposable
{
    private readonly Accounts _accounts;

    private LockedAccount(Accounts accounts, UnitOfWork work, User user)
    {
        _accounts = accounts;
        Work = work;
        User = user;
    }

    /// <summary>The transaction that holds the lock.</summary>
    public UnitOfWork Work { get; }

    /// <summary>The account as it is.</summary>
    public User User { get; }

    /// <summary>Locks an account.</summary>
    /// <returns><see langword="null"/> if it is gone.</returns>
    internal static async Task<LockedAccount?> OpenAsync(Accounts accounts, NpgsqlDataSource source, long userId, CancellationToken cancellationToken)
    {
        var work = await UnitOfWork.OpenAsync(source, cancellationToken);
        try
        {
            var rows = await work.QueryAsync(
                $"SELECT {UserStore.Columns} FROM users u WHERE u.id = $1 FOR UPDATE", [userId], reader => UserStore.Read(reader), cancellationToken);
            if (rows is [{ IsDeleted: false } user])
            {
                return new LockedAccount(accounts, work, user);
            }
        }
        catch
        {
            await work.DisposeAsync();
            throw;
        }

        await work.DisposeAsync();
        return null;
    }

    /// <summary>Commits a change, publishes it and lets every instance forget what it knew.</summary>
    /// <param name="fill">The statements.</param>
    /// <param name="fields">Names of the members that changed, as in <c>GET /users/@me</c>.</param>
    public Task CommitAsync(Action<NpgsqlBatch> fill, params IReadOnlyList<string> fields) => _accounts.CommitAsync(this, fill, fields);

    public ValueTask DisposeAsync() => Work.DisposeAsync();
}

/// <summary>Opens accounts for a change.</summary>
internal sealed class Accounts(NpgsqlDataSource source, Outbox outbox, ChangeBroadcast changes, TimeProvider clock)
{
    /// <inheritdoc cref="LockedAccount.OpenAsync"/>
    public Task<LockedAccount?> LockAsync(long userId, CancellationToken cancellationToken) => LockedAccount.OpenAsync(this, source, userId, cancellationToken);

    internal async Task CommitAsync(LockedAccount account, Action<NpgsqlBatch> fill, IReadOnlyList<string> fields)
    {
        await account.Work.CommitAsync(batch =>
        {
            fill(batch);
            outbox.Add(batch, Aggregate.Of(account.User.Id), new UserUpdated
            {
                UserId = Snowflake.Text(account.User.Id),
                Fields = fields,
                OccurredAt = clock.GetUtcNow(),
            });
        });
        await changes.UserChangedAsync(account.User.Id);
    }
}
