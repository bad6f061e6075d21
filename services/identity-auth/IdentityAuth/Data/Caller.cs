using IdentityAuth.Domain;

namespace IdentityAuth.Data;

/// <summary>A live session and its account.</summary>
/// <param name="Known">
/// As this instance knows it, which may be a little old: good enough to answer with, not to decide on passwords, factors or stamps.
/// </param>
internal sealed record Caller(CachedSession Session, CachedUser Known)
{
    public User User => Known.User;

    public override string ToString() => User.ToString();
}

/// <summary>An account as an instance knows it.</summary>
internal sealed class CachedUser(User user, long readAt)
{
    public User User => user;

    /// <summary>Timestamp of the moment before it was read.</summary>
    public long ReadAt => readAt;

    /// <summary>What its owner is answered who asks for it: JSON, made when he asks first.</summary>
    public byte[]? Answer { get; set; }
}

/// <summary>A session as an instance knows it.</summary>
internal sealed class CachedSession(byte[] hash, long userId, DateTimeOffset createdAt, DateTimeOffset lastUsedAt, long readAt)
{
    private long _lastUsedTicks = lastUsedAt.UtcTicks;

    /// <summary>SHA-256 of the token.</summary>
    public byte[] Hash => hash;

    /// <summary><see cref="Hash"/> as it stands on the wire.</summary>
    public string IdHash { get; } = SessionToken.IdHash(hash);

    public long UserId => userId;

    public DateTimeOffset CreatedAt => createdAt;

    /// <summary>Timestamp of the moment before it was read.</summary>
    public long ReadAt => readAt;

    /// <summary>Right to about a minute.</summary>
    public DateTimeOffset LastUsedAt => new(Volatile.Read(ref _lastUsedTicks), TimeSpan.Zero);

    /// <summary>Notes a use.</summary>
    /// <returns>Whether the use is to be written: the last one that was is a minute old.</returns>
    public bool Use(DateTimeOffset now, TimeSpan grain)
    {
        var last = Volatile.Read(ref _lastUsedTicks);
        return now.UtcTicks - last >= grain.Ticks && Interlocked.CompareExchange(ref _lastUsedTicks, now.UtcTicks, last) == last;
    }
}
