using DeviceRegistry.Domain;
using Npgsql;
using ServiceDefaults.Messaging;

namespace DeviceRegistry.Data;

/// <summary>Begins changes of a group.</summary>
internal sealed class GroupTransactions(NpgsqlDataSource source, Outbox outbox, PresenceStore presence, TimeProvider clock)
{
    // A statement of its own: one that has waited for the lock would join what the others looked like before it waited.
    private const string Lock = "SELECT id FROM groups WHERE id = $1 FOR UPDATE";

    // Several at once, always in one order.
    private const string LockSeveral = "SELECT id FROM groups WHERE id = ANY($1) ORDER BY id FOR UPDATE";

    private const string ReadGroup = $"SELECT {GroupDirectory.Columns} FROM groups g WHERE g.id = $1";

    private const string ReadSeveral = $"SELECT {GroupDirectory.Columns} FROM groups g WHERE g.id = ANY($1)";

    /// <summary>
    /// Begins a change for a caller, and looks again under the lock what he is to the group: a membership that ended meanwhile counts.
    /// </summary>
    /// <returns>The change; <see cref="GroupTransaction.IsGranted"/> has to be looked at.</returns>
    public async Task<GroupTransaction> BeginAsync(GroupAccess access, CancellationToken cancellationToken)
        => (await OpenAsync(connection => StartAsync(connection, [access.Group.Id], access, begins: true, cancellationToken), cancellationToken))!;

    /// <summary>
    /// The same for a change that also reaches into other groups: <see cref="GroupTransaction.EffectsOf"/> tells theirs. All are locked, in one order.
    /// </summary>
    /// <param name="findOthers">Runs first, in the transaction: says which groups, and keeps them from becoming others.</param>
    public async Task<GroupTransaction> BeginAsync(
        GroupAccess access, Func<NpgsqlConnection, CancellationToken, Task<IEnumerable<long>>> findOthers, CancellationToken cancellationToken)
    {
        var connection = await source.OpenConnectionAsync(cancellationToken);
        try
        {
            await using (var begin = new NpgsqlCommand("BEGIN", connection))
            {
                await begin.ExecuteNonQueryAsync(cancellationToken);
            }

            var others = await findOthers(connection, cancellationToken);
            return (await StartAsync(connection, [access.Group.Id, .. others], access, begins: false, cancellationToken))!;
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    /// <summary>Begins a change that no caller asked for: an event of another service, or the clock.</summary>
    /// <param name="actor">The name of that service, for events.</param>
    /// <returns><see langword="null"/> when there is no such group.</returns>
    public Task<GroupTransaction?> BeginAsync(long groupId, string actor, CancellationToken cancellationToken)
        => OpenAsync(
            connection => StartAsync(
                connection, [groupId], actor, Sql.Command(ReadGroup, Sql.Value(groupId)), reader => (GroupDirectory.ReadGroup(reader), null), begins: true, cancellationToken),
            cancellationToken);

    /// <summary>
    /// Takes part in a transaction that somebody else began, such as the inbox's: locks the group in it. <see cref="GroupTransaction.WriteAsync"/>
    /// instead of a commit.
    /// </summary>
    /// <inheritdoc cref="BeginAsync(long, string, CancellationToken)"/>
    /// <param name="at">When the change happened, if that is not now: what led to it may lie in the past.</param>
    public async Task<GroupTransaction?> JoinAsync(
        NpgsqlConnection connection, long groupId, string actor, CancellationToken cancellationToken, DateTimeOffset? at = null)
    {
        await using var batch = new NpgsqlBatch(connection);
        batch.Add(Lock, Sql.Value(groupId));
        batch.Add(ReadGroup, Sql.Value(groupId));
        await using var reader = await batch.ExecuteReaderAsync(cancellationToken);
        await reader.NextResultAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken)
            ? new GroupTransaction(connection, ownsConnection: false, outbox, presence, GroupDirectory.ReadGroup(reader), null, actor, at ?? clock.Now)
            : null;
    }

    // Whatever goes wrong, the connection goes back, and with it the transaction.
    private async Task<GroupTransaction?> OpenAsync(Func<NpgsqlConnection, Task<GroupTransaction?>> start, CancellationToken cancellationToken)
    {
        var connection = await source.OpenConnectionAsync(cancellationToken);
        GroupTransaction? change = null;
        try
        {
            return change = await start(connection);
        }
        finally
        {
            if (change is null)
            {
                await connection.DisposeAsync();
            }
        }
    }

    private Task<GroupTransaction?> StartAsync(NpgsqlConnection connection, long[] groupIds, GroupAccess access, bool begins, CancellationToken cancellationToken)
        => StartAsync(
            connection,
            groupIds,
            access.Caller.Identity,
            GroupDirectory.AccessCommand(access.Group.Id, access.Caller),
            reader =>
            {
                var locked = GroupDirectory.Read(reader, access.Caller, access.Requirement);
                return (locked.Group, locked);
            },
            begins,
            cancellationToken);

    // The first round trip: BEGIN, unless the transaction runs already, the locks, and what there is under them.
    private async Task<GroupTransaction?> StartAsync(
        NpgsqlConnection connection,
        long[] groupIds,
        string actor,
        NpgsqlBatchCommand read,
        Func<NpgsqlDataReader, (Group Group, GroupAccess? Access)> map,
        bool begins,
        CancellationToken cancellationToken)
    {
        await using var batch = new NpgsqlBatch(connection);
        if (begins)
        {
            batch.BatchCommands.Add(new NpgsqlBatchCommand("BEGIN"));
        }

        batch.Add(LockSeveral, Sql.Values(groupIds));
        batch.BatchCommands.Add(read);
        if (groupIds.Length > 1)
        {
            batch.Add(ReadSeveral, Sql.Values(groupIds));
        }

        await using var reader = await batch.ExecuteReaderAsync(cancellationToken);
        // BEGIN has no result set: the reader stands on the locks'.
        await reader.NextResultAsync(cancellationToken);
        if (!await reader.ReadAsync(cancellationToken))
        {
            return null;
        }

        var (group, access) = map(reader);
        var others = new List<Group>();
        if (await reader.NextResultAsync(cancellationToken))
        {
            while (await reader.ReadAsync(cancellationToken))
            {
                others.Add(GroupDirectory.ReadGroup(reader));
            }
        }

        return new GroupTransaction(connection, ownsConnection: true, outbox, presence, group, access, actor, clock.Now, others);
    }
}

/// <summary>
/// A change of one group: a Postgres transaction that holds the lock on the group's row. Changes of a group run one after the other, and what they
/// tell leaves in that order. Disposing without <see cref="CommitAsync"/> rolls back.
/// </summary>
/// <remarks>
/// Three round trips: BEGIN with the lock, what the operation reads, and the writes with the outbox and COMMIT. Statements are appended to
/// <see cref="Writes"/>, what happened is told to <see cref="Effects"/>; neither reaches the server before the commit.
/// </remarks>
internal sealed class GroupTransaction : IAsyncDisposable
{
    private readonly bool _ownsConnection;
    private readonly Outbox _outbox;
    private readonly PresenceStore _presence;
    private readonly GroupAccess? _access;
    private readonly Dictionary<long, GroupEffects> _others;

    internal GroupTransaction(
        NpgsqlConnection connection, bool ownsConnection, Outbox outbox, PresenceStore presence, Group group, GroupAccess? access, string actor, DateTimeOffset now,
        IReadOnlyList<Group>? others = null)
    {
        Connection = connection;
        _ownsConnection = ownsConnection;
        _outbox = outbox;
        _presence = presence;
        _access = access;
        Group = group;
        Actor = actor;
        Now = now;
        Writes = new NpgsqlBatch(connection);
        Effects = new GroupEffects(group, actor, now);
        _others = (others ?? []).Where(other => other.Id != group.Id).ToDictionary(other => other.Id, other => new GroupEffects(other, actor, now));
    }

    /// <summary>The connection, for reading under the lock.</summary>
    public NpgsqlConnection Connection { get; }

    /// <summary>The group as it is under the lock.</summary>
    public Group Group { get; }

    /// <summary>What the caller is to the group, under the lock.</summary>
    public GroupAccess Access => _access ?? throw new InvalidOperationException("No caller asked for this change.");

    /// <summary>Whether the caller may still do this.</summary>
    public bool IsGranted => _access is null or { IsGranted: true };

    /// <summary>Who does it.</summary>
    public string Actor { get; }

    /// <summary>When: one moment for all of the change.</summary>
    public DateTimeOffset Now { get; }

    /// <summary>The statements of the change.</summary>
    public NpgsqlBatch Writes { get; }

    /// <summary>What happened.</summary>
    public GroupEffects Effects { get; }

    /// <summary>What happened in another group that is part of the change.</summary>
    public GroupEffects EffectsOf(long groupId) => groupId == Group.Id ? Effects : _others[groupId];

    /// <summary>Runs the statements, writes what happened into the outbox and commits.</summary>
    public async Task CommitAsync()
    {
        AddEffects();
        Writes.Add("COMMIT");

        // Not cancelled with the request: half-way through a commit nobody could say what has happened.
        await Writes.ExecuteNonQueryAsync(CancellationToken.None);

        // Before the answer: whoever reads it may rely on the device being offline and unable to beat. All at once: a Redis that hangs costs
        // its time-out once, however many devices somebody had.
        await Task.WhenAll(Effects.EndedDevices.Select(deviceId => _presence.ForgetAsync(Group.Id, deviceId)));
        if (Effects.IsRenamed)
        {
            await _presence.ForgetClaimsAsync(Group.Id);
        }
    }

    /// <summary>The same without the commit and what follows it, which are the business of whoever began the transaction.</summary>
    public async Task WriteAsync(CancellationToken cancellationToken)
    {
        AddEffects();
        if (Writes.BatchCommands.Count > 0)
        {
            await Writes.ExecuteNonQueryAsync(cancellationToken);
        }
    }

    private void AddEffects()
    {
        Effects.AddTo(Writes, _outbox);
        foreach (var other in _others.Values)
        {
            other.AddTo(Writes, _outbox);
        }
    }

    // Npgsql rolls an open transaction back before the connection returns to the pool.
    public async ValueTask DisposeAsync()
    {
        await Writes.DisposeAsync();
        if (_ownsConnection)
        {
            await Connection.DisposeAsync();
        }
    }
}
