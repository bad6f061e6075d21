using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using IdentityAuth.Domain;
using Npgsql;

namespace IdentityAuth.Data;

/// <summary>
/// From a token to its session and account without a round trip to Postgres, as long as nothing has changed. What changes is
/// forgotten at once by the instance that changed it, and by the others when <see cref="ChangeBroadcast"/> or the events tell them.
/// </summary>
internal sealed class SessionDirectory(NpgsqlDataSource source, UserStore users, IdentityAuthOptions options, TimeProvider clock, LastUseWriter uses)
{
    /// <summary>Last use is written at most this often (contract §1.4).</summary>
    public static readonly TimeSpan UseGrain = TimeSpan.FromMinutes(1);

    private const string FindSession = $"""
        SELECT s.user_id, s.created_at, s.last_used_at, {UserStore.Columns}
        FROM sessions s JOIN users u ON u.id = s.user_id
        WHERE s.token_hash = $1
        """;

    private readonly ConcurrentDictionary<TokenHash, CachedSession> _sessions = new();
    private readonly ConcurrentDictionary<long, CachedUser> _users = new();

    // Counts forgettings. What was read before one, and is stored after it, may be what was to be forgotten.
    private readonly long[] _forgotten = new long[1024];

    /// <summary>More sessions, or more accounts, than this are not remembered at a time; both together are about 1 KiB.</summary>
    public int Capacity { get; init; } = 50_000;

    /// <summary>How many are remembered now.</summary>
    public (int Sessions, int Users) Count => (_sessions.Count, _users.Count);

    /// <summary>The live session with this token.</summary>
    /// <param name="token">Well-formed.</param>
    public ValueTask<Caller?> ResolveAsync(string token, CancellationToken cancellationToken)
        => TryRecall(token, out var caller) ? ValueTask.FromResult(caller) : new ValueTask<Caller?>(ReadAsync(token, cancellationToken));

    /// <summary>Whether this instance knows the session with this token, without asking Postgres.</summary>
    /// <param name="token">Well-formed.</param>
    /// <param name="caller">The session, if it is alive.</param>
    public bool TryRecall(string token, out Caller? caller)
    {
        if (_sessions.TryGetValue(new TokenHash(SessionToken.Hash(token)), out var session) && IsFresh(session.ReadAt)
            && _users.TryGetValue(session.UserId, out var user) && IsFresh(user.ReadAt))
        {
            caller = Live(session, user);
            return true;
        }

        caller = null;
        return false;
    }

    /// <summary>
    /// An account as this instance knows it, asking Postgres when it does not: for whoever comes again every few seconds and may be told a
    /// little late.
    /// </summary>
    public async ValueTask<User?> FindUserAsync(long userId, CancellationToken cancellationToken)
    {
        if (_users.TryGetValue(userId, out var known) && IsFresh(known.ReadAt))
        {
            return known.User;
        }

        var readAt = clock.GetTimestamp();
        var before = Volatile.Read(ref StripeOf(userId));
        if (await users.FindAsync(userId, cancellationToken) is not { } user)
        {
            return null;
        }

        MakeRoom();
        _users[userId] = new CachedUser(user, readAt);
        if (Volatile.Read(ref StripeOf(userId)) != before)
        {
            _users.TryRemove(userId, out _);
        }

        return user;
    }

    /// <summary>The request counts as a use of its session.</summary>
    public void NoteUse(Caller caller, string address)
    {
        var now = clock.GetUtcNow();
        if (caller.Session.Use(now, UseGrain))
        {
            uses.Write(new SessionUse(caller.Session.Hash, caller.User.Id, address, now));
        }
    }

    /// <summary>These sessions have ended.</summary>
    public void ForgetSessions(IEnumerable<byte[]> hashes)
    {
        foreach (var hash in hashes)
        {
            var key = new TokenHash(hash);
            Interlocked.Increment(ref StripeOf(key));
            _sessions.TryRemove(key, out _);
        }
    }

    /// <summary>This account has changed.</summary>
    public void ForgetUser(long userId)
    {
        Interlocked.Increment(ref StripeOf(userId));
        _users.TryRemove(userId, out _);
    }

    /// <summary>The live session with this token, asking Postgres.</summary>
    /// <param name="token">Well-formed.</param>
    public async Task<Caller?> ReadAsync(string token, CancellationToken cancellationToken)
    {
        var hash = SessionToken.Hash(token);
        var key = new TokenHash(hash);
        var readAt = clock.GetTimestamp();
        var sessionStripe = Volatile.Read(ref StripeOf(key));
        // Whose session it is shows only afterwards, so the count is taken over all.
        var before = Snapshot();

        await using var command = source.Command(FindSession, hash);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        if (!await reader.ReadAsync(cancellationToken))
        {
            return null;
        }

        var session = new CachedSession(hash, reader.GetInt64(0), reader.Time(1), reader.Time(2), readAt);
        var user = new CachedUser(UserStore.Read(reader, 3), readAt);
        MakeRoom();
        _sessions[key] = session;
        _users[session.UserId] = user;
        if (Volatile.Read(ref StripeOf(key)) != sessionStripe)
        {
            _sessions.TryRemove(key, out _);
        }

        if (Snapshot() != before)
        {
            _users.TryRemove(session.UserId, out _);
        }

        return Live(session, user);
    }

    // Accounts outlive their sessions here: who signs in and out leaves one behind.
    private void MakeRoom()
    {
        if (_sessions.Count >= Capacity || _users.Count >= Capacity)
        {
            _sessions.Clear();
            _users.Clear();
        }
    }

    private Caller? Live(CachedSession session, CachedUser user)
    {
        var now = clock.GetUtcNow();
        return now - session.LastUsedAt < options.SessionIdleLifetime
            && now - session.CreatedAt < options.SessionLifetime
            && (user.User.Flags & (AccountFlags.Deleted | AccountFlags.Disabled)) == AccountFlags.None
            ? new Caller(session, user)
            : null;
    }

    private bool IsFresh(long readAt) => clock.GetElapsedTime(readAt) < options.CacheLifetime;

    private ref long StripeOf(TokenHash key) => ref _forgotten[(uint)key.GetHashCode() % 512];

    private ref long StripeOf(long userId) => ref _forgotten[512 + ((uint)userId.GetHashCode() % 512)];

    private long Snapshot()
    {
        var sum = 0L;
        for (var index = 512; index < _forgotten.Length; index++)
        {
            sum += Volatile.Read(ref _forgotten[index]);
        }

        return sum;
    }

    /// <summary>32 bytes as a key, without an allocation.</summary>
    [StructLayout(LayoutKind.Auto)]
    private readonly record struct TokenHash
    {
        private readonly UInt128 _first;
        private readonly UInt128 _second;

        public TokenHash(ReadOnlySpan<byte> hash)
        {
            _first = MemoryMarshal.Read<UInt128>(hash);
            _second = MemoryMarshal.Read<UInt128>(hash[16..]);
        }

        public override int GetHashCode() => (int)_first;
    }
}
