using System.ComponentModel.DataAnnotations;

namespace ServiceDefaults.Messaging;

/// <summary>Settings of outbox, inbox and bus: section <c>Messaging</c>. All have working defaults.</summary>
public sealed class MessagingOptions
{
    public const string Section = "Messaging";

    /// <summary>How long a published event stays readable in the table <c>outbox</c>. Default 1 hour.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "365.00:00:00")]
    public TimeSpan OutboxRetention { get; set; } = TimeSpan.FromHours(1);

    /// <summary>
    /// How long a handled message is remembered, so how late a repeated delivery may come. Default 7 days; longer than any queue keeps
    /// a message in practice.
    /// </summary>
    [Range(typeof(TimeSpan), "00:01:00", "365.00:00:00")]
    public TimeSpan InboxRetention { get; set; } = TimeSpan.FromDays(7);

    /// <summary>How often both tables are swept. Default 1 minute.</summary>
    [Range(typeof(TimeSpan), "00:00:00.01", "1.00:00:00")]
    public TimeSpan SweepInterval { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>
    /// How often the relay looks without being woken: for a notification lost with its connection, and for what is to be tried again.
    /// Default 1 second.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00.01", "00:10:00")]
    public TimeSpan PollInterval { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// How long one publish may wait for the broker's confirm. Default 5 seconds. At most 10: the rows are locked meanwhile, in a transaction that
    /// the server ends when it has stood still for 30.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:00:10")]
    public TimeSpan PublishTimeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>How long the start waits for the queues before it goes on, unready. Default 5 seconds.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:05:00")]
    public TimeSpan StartTimeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>Messages of one queue that an instance holds unacknowledged. Default 32.</summary>
    [Range(1, 1000)]
    public ushort Prefetch { get; set; } = 32;

    /// <summary>
    /// Attempts after the first one before a message goes to <c>_error</c>. Default 5: about 10 seconds in all. What fails because Postgres,
    /// Redis or another service is away does not count.
    /// </summary>
    [Range(0, 20)]
    public int Retries { get; set; } = 5;

    /// <summary>The shortest wait between two attempts; each is about twice as long as the one before. Default 200 ms.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:01:00")]
    public TimeSpan RetryDelay { get; set; } = TimeSpan.FromMilliseconds(200);

    /// <summary>How long a message waits between two attempts while something that its consumer needs is away. Default 1 second.</summary>
    [Range(typeof(TimeSpan), "00:00:00.01", "00:01:00")]
    public TimeSpan OutageDelay { get; set; } = TimeSpan.FromSeconds(1);
}
