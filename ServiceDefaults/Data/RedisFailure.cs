using StackExchange.Redis;

namespace ServiceDefaults.Data;

/// <summary>Tells that Redis is away from a mistake in what we asked it.</summary>
public static class RedisFailure
{
    /// <summary>
    /// Error answers that say "not now": it loads its data, is full, runs somebody's long script, cannot write its data down, is a replica or a
    /// node whose cluster is changing, or has just started again (a script that is unknown twice in a row, see <see cref="RedisScript"/>; a
    /// connection that is not signed in yet, to which a long command is a protocol error). Any other is a mistake in our command.
    /// </summary>
    private static readonly string[] PassingErrors =
        ["LOADING", "OOM", "BUSY", "MISCONF", "READONLY", "MASTERDOWN", "CLUSTERDOWN", "TRYAGAIN", "NOSCRIPT", "NOAUTH", "ERR Protocol error"];

    /// <summary>Whether Redis is away, gives no answer in time, or asks to come back later.</summary>
    public static bool Is(Exception exception) => exception switch
    {
        RedisConnectionException or TimeoutException => true,
        RedisServerException => PassingErrors.Any(error => exception.Message.StartsWith(error, StringComparison.Ordinal)),
        // 1.2.6 has no exception of its own for a connection that is not there; every other command error names the command.
        RedisCommandException => exception.Message.Contains("No connection", StringComparison.OrdinalIgnoreCase),
        // While it writes that error, 1.2.6 reads the last failure of a connection twice, which may be back in between.
        NullReferenceException => exception.Source == typeof(IConnectionMultiplexer).Assembly.GetName().Name,
        _ => false,
    };
}
