using System.Net.Sockets;
using MassTransit;
using Npgsql;
using RabbitMQ.Client.Exceptions;
using ServiceDefaults.Data;
using StackExchange.Redis;

namespace ServiceDefaults.Http;

/// <summary>Tells an outage of Postgres, Redis, the broker or another service (503, try again) from a fault of ours (500).</summary>
internal static class DependencyFailure
{
    public static bool IsUnavailable(Exception exception) => Find(exception) is not null;

    /// <summary>The dependency's name for a log line.</summary>
    public static string Describe(Exception exception) => Find(exception) switch
    {
        NpgsqlException => "Postgres",
        RedisConnectionException or RedisServerException or RedisCommandException or NullReferenceException => "Redis",
        ConnectionException or RabbitMQClientException or MessageReturnedException or MessageNotAcknowledgedException => "RabbitMQ",
        HttpRequestException => "Another service",
        _ => "A dependency",
    };

    private static Exception? Find(Exception exception)
    {
        for (var current = exception; current is not null; current = current.InnerException)
        {
            if (IsOutage(current))
            {
                return current;
            }

            if (current is AggregateException aggregate && aggregate.InnerExceptions.Count > 1)
            {
                return aggregate.InnerExceptions.Select(Find).FirstOrDefault(found => found is not null);
            }
        }

        return null;
    }

    private static bool IsOutage(Exception exception) => exception switch
    {
        PostgresException postgres => IsPassing(postgres.SqlState),
        NpgsqlException npgsql => npgsql.IsTransient,
        ConnectionException or RabbitMQClientException or MessageReturnedException or MessageNotAcknowledgedException => true,
        HttpRequestException http => http.StatusCode is null,
        // A limit of our own ran out. A request that the client gave up does not come here.
        TimeoutException or OperationCanceledException => true,
        SocketException => true,
        _ => RedisFailure.Is(exception),
    };

    /// <summary>PostgreSQL Appendix A: states in which the same request can succeed later.</summary>
    private static bool IsPassing(string state) => state is
            PostgresErrorCodes.SerializationFailure or PostgresErrorCodes.DeadlockDetected or PostgresErrorCodes.LockNotAvailable
            or PostgresErrorCodes.QueryCanceled // statement_timeout
            or PostgresErrorCodes.AdminShutdown or PostgresErrorCodes.CrashShutdown or PostgresErrorCodes.CannotConnectNow
            or "25P03" // idle_in_transaction_session_timeout
            or PostgresErrorCodes.ReadOnlySqlTransaction // a standby that is not promoted yet
        || state.StartsWith("08", StringComparison.Ordinal) // connection exception
        || state.StartsWith("53", StringComparison.Ordinal) // insufficient resources
        || state.StartsWith("58", StringComparison.Ordinal); // system error outside Postgres
}
