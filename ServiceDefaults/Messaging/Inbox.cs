using MassTransit;
using Npgsql;

namespace ServiceDefaults.Messaging;

/// <summary>Makes the effect of a message happen once, however often it is delivered.</summary>
public sealed class Inbox
{
    /// <summary>
    /// Opens a transaction, records the message id for <paramref name="consumer"/> in the table <c>inbox</c>, runs
    /// <paramref name="effect"/> and commits. A message already recorded has no effect and is counted.
    /// </summary>
    /// <returns>Whether the effect ran.</returns>
    public Task<bool> HandleOnceAsync(
        ConsumeContext context,
        string consumer,
        Func<NpgsqlConnection, NpgsqlTransaction, CancellationToken, Task> effect)
        => throw new NotSupportedException();
}
