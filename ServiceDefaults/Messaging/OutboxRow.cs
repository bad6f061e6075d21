namespace ServiceDefaults.Messaging;

/// <summary>One claimed row of the table <c>outbox</c>.</summary>
/// <param name="Attempts">How often it was tried before.</param>
/// <param name="IsPreceded">Whether a pending row of the aggregate comes first that this relay has not claimed.</param>
/// <param name="PrecedingParkedFor">If so, and if that one is parked: for how long from now; negative when it is due.</param>
/// <param name="IsBehindPreceding">If so: whether this one is parked for longer, and so claimed after it.</param>
internal sealed record OutboxRow(
    long Id,
    Guid MessageId,
    string Aggregate,
    string Type,
    byte[] Body,
    string? CorrelationId,
    string? TraceParent,
    TimeSpan Age,
    int Attempts,
    bool IsPreceded,
    TimeSpan? PrecedingParkedFor,
    bool IsBehindPreceding);

/// <summary>A row to leave alone for a while.</summary>
/// <param name="Attempts">Attempts so far.</param>
/// <param name="Because">For the operator who reads the table.</param>
internal sealed record ParkedRow(long Id, TimeSpan For, int Attempts, string Because);
