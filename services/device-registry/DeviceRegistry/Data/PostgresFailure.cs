using Npgsql;

namespace DeviceRegistry.Data;

/// <summary>How the loss of Postgres shows itself to something that will try again.</summary>
internal static class PostgresFailure
{
    /// <summary>Whether to try again later; not so when we are told to stop.</summary>
    public static bool Is(Exception exception, CancellationToken stopping)
        => exception is NpgsqlException or IOException or TimeoutException
            || (exception is OperationCanceledException && !stopping.IsCancellationRequested);
}
