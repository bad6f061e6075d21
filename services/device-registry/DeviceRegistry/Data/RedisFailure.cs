using StackExchange.Redis;

namespace DeviceRegistry.Data;

/// <summary>How the loss of Redis shows itself.</summary>
internal static class RedisFailure
{
    /// <summary>Whether Redis is away, rather than that we asked it something wrong.</summary>
    public static bool Is(Exception exception)
        => exception is RedisConnectionException or TimeoutException
            || (exception is RedisServerException server && IsTemporary(server.Message));

    // It loads its data, became a replica, is full, runs somebody's long script, or has just started again.
    private static bool IsTemporary(string message)
        => message.StartsWith("LOADING", StringComparison.Ordinal)
            || message.StartsWith("READONLY", StringComparison.Ordinal)
            || message.StartsWith("MASTERDOWN", StringComparison.Ordinal)
            || message.StartsWith("MISCONF", StringComparison.Ordinal)
            || message.StartsWith("BUSY", StringComparison.Ordinal)
            || message.StartsWith("OOM", StringComparison.Ordinal)
            || message.StartsWith("NOSCRIPT", StringComparison.Ordinal);
}
