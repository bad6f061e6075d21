using System.Diagnostics;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Npgsql;

namespace ServiceDefaults.Messaging;

/// <summary>
/// Takes events from the outbox to the broker. At least once: a relay that dies between confirm and commit leaves the row pending, and
/// the next one publishes it again with the same message id, which the inbox recognises.
/// </summary>
internal sealed partial class OutboxRelay(
    OutboxStore store, OutboxPublisher publisher, OutboxSignal signal, IOptions<MessagingOptions> options, TimeProvider clock, ILogger<OutboxRelay> logger)
    : BackgroundService
{
    /// <summary>Aggregates published at once. The client slows down when many more confirms are outstanding on a channel.</summary>
    private const int Parallelism = 32;

    /// <summary>After this a round takes nothing new on, so that a long queue of one aggregate does not keep the others waiting.</summary>
    private static readonly TimeSpan RoundBudget = TimeSpan.FromMilliseconds(50);

    /// <summary>How soon to look again at rows that another relay was about to release.</summary>
    private static readonly TimeSpan ContentionDelay = TimeSpan.FromMilliseconds(10);

    private static readonly TimeSpan FirstDelay = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan LongestDelay = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan FirstParking = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestParking = TimeSpan.FromSeconds(30);

    private readonly OutboxLoad _load = new(clock);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // Events continue the trace of the request that wrote them, not of whatever started the host.
        Activity.Current = null;
        var delay = FirstDelay;
        var isAway = false;

        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                var round = await RunRoundAsync(stoppingToken);
                if (round.AwayBecause is null)
                {
                    if (isAway)
                    {
                        LogBack();
                    }

                    (isAway, delay) = (false, FirstDelay);
                    if (!round.HasMore)
                    {
                        await signal.WaitAsync(
                            round.IsContended ? ContentionDelay : _load.IsAwake ? OutboxLoad.AwakeInterval : options.Value.PollInterval, stoppingToken);
                    }

                    continue;
                }

                LogAway(isAway ? LogLevel.Debug : LogLevel.Warning, "RabbitMQ", round.AwayBecause);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception exception) when (exception is NpgsqlException or IOException or TimeoutException or OperationCanceledException)
            {
                LogAway(isAway ? LogLevel.Debug : LogLevel.Warning, "Postgres", exception.Message);
            }
            catch (Exception exception)
            {
                // Whatever it is, a relay that ends leaves events behind without a sound.
                LogFailed(exception);
            }

            isAway = true;
            await Task.Delay(delay, clock, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            delay = delay * 2 < LongestDelay ? delay * 2 : LongestDelay;
        }
    }

    private async Task<Round> RunRoundAsync(CancellationToken stoppingToken)
    {
        await using var connection = await store.OpenAsync(stoppingToken);
        await using var transaction = await connection.BeginTransactionAsync(stoppingToken);
        var rows = await OutboxStore.ClaimAsync(connection, transaction, stoppingToken);
        if (rows.Count == 0)
        {
            return new Round(clock);
        }

        // Not stopped with the host: what is under way ends within the publish time limit, and is then written down.
        using var round = new Round(clock);
        var aggregates = rows.GroupBy(row => row.Aggregate, StringComparer.Ordinal).ToLookup(aggregate => aggregate.First().Attempts > 0);
        await Parallel.ForEachAsync(
            aggregates[false],
            new ParallelOptions { MaxDegreeOfParallelism = Parallelism },
            async (aggregate, _) => await PublishInOrderAsync(aggregate, round));

        // One after the other, when no other confirm is outstanding: a message to which the broker objects costs the channel, and with
        // it every publish on it. The next round starts with another channel, and with those that failed least: they may only have
        // shared the channel.
        round.StartAgain();
        foreach (var aggregate in aggregates[true].OrderBy(aggregate => aggregate.First().Attempts))
        {
            if (!round.StillAnswers)
            {
                round.HasMore = true;
                break;
            }

            await PublishInOrderAsync(aggregate, round);
        }

        round.SettleUnanswered(publisher.IsBrokerThere);
        var staysAwakeFor = _load.Add(round.Published.Count);
        await OutboxStore.CompleteAsync(connection, transaction, round.Published, round.Parked, staysAwakeFor);
        // A window of which every row waits for another relay's is looked at again after a pause.
        round.HasMore |= rows.Count >= OutboxStore.Window && round.Published.Count + round.Parked.Count > 0;
        return round;
    }

    /// <summary>Publishes one aggregate's rows one after the other, and stops at the first that does not get through.</summary>
    private async Task PublishInOrderAsync(IEnumerable<OutboxRow> rows, Round round)
    {
        (TimeSpan For, string Because)? parked = null;
        foreach (var row in rows)
        {
            if (parked is not null)
            {
                round.Park(new ParkedRow(row.Id, parked.Value.For, row.Attempts, parked.Value.Because));
                continue;
            }

            if (row.IsPreceded)
            {
                if (row.PrecedingParkedFor is not { } wait || (wait <= TimeSpan.Zero && row.IsBehindPreceding))
                {
                    // Another relay has it, or had it a moment ago.
                    round.IsContended = true;
                    return;
                }

                // Also when that one is due: then this one stood before it in the window, and a window full of such rows would never get to it.
                round.IsContended |= wait <= TimeSpan.Zero;
                parked = (wait, "an earlier event of the aggregate is parked");
                round.Park(new ParkedRow(row.Id, wait, row.Attempts, parked.Value.Because));
                continue;
            }

            if (!round.TakesMore)
            {
                round.HasMore = true;
                return;
            }

            var (outcome, reason) = await publisher.PublishAsync(row, round.Ends);
            switch (outcome)
            {
                case PublishOutcome.Confirmed:
                    round.Publish(row.Id);
                    break;

                case PublishOutcome.Refused:
                    var pause = Backoff(row.Attempts);
                    parked = (pause, "an earlier event of the aggregate is parked");
                    round.Park(new ParkedRow(row.Id, pause, row.Attempts + 1, reason));
                    LogParked(row.Type, row.MessageId, reason, pause.TotalSeconds);
                    break;

                // Also when the connection seems to be gone and the broker answers: then the message itself may have cost the channel, and
                // together with others it would do so each time.
                case PublishOutcome.NoAnswer:
                case PublishOutcome.BrokerAway when publisher.IsBrokerThere:
                    round.NoAnswer(new ParkedRow(row.Id, Backoff(row.Attempts), row.Attempts + 1, reason));
                    return;

                default:
                    round.End(reason);
                    return;
            }
        }
    }

    private static TimeSpan Backoff(int attempts)
        => attempts >= 5 ? LongestParking : TimeSpan.FromTicks(FirstParking.Ticks << attempts);

    /// <summary>What one round did. Several aggregates report to it at once.</summary>
    private sealed class Round(TimeProvider clock) : IDisposable
    {
        private readonly Lock _lock = new();
        private readonly CancellationTokenSource _ends = new();
        private readonly List<long> _published = [];
        private readonly List<ParkedRow> _parked = [];
        private readonly List<ParkedRow> _unanswered = [];
        private long _started = clock.GetTimestamp();
        private int _unansweredBefore;

        public List<long> Published => _published;

        public List<ParkedRow> Parked => _parked;

        /// <summary>Whether more is to be done at once.</summary>
        public bool HasMore { get; set; }

        /// <summary>Whether another relay held something back.</summary>
        public bool IsContended { get; set; }

        public string? AwayBecause { get; private set; }

        /// <summary>Whether the round may take on another row.</summary>
        public bool TakesMore => AwayBecause is null && !_ends.IsCancellationRequested && clock.GetElapsedTime(_started) < RoundBudget;

        /// <summary>Cancelled when the broker is away: nobody needs to wait for the time limit too.</summary>
        public CancellationToken Ends => _ends.Token;

        public void Publish(long id)
        {
            lock (_lock)
            {
                _published.Add(id);
            }
        }

        public void Park(ParkedRow row)
        {
            lock (_lock)
            {
                _parked.Add(row);
            }
        }

        /// <summary>Whether every message of this half had its answer.</summary>
        public bool StillAnswers => _unanswered.Count == _unansweredBefore;

        /// <summary>The time of the second half counts anew, or rows that failed before would never have their turn under load.</summary>
        public void StartAgain() => (_started, _unansweredBefore) = (clock.GetTimestamp(), _unanswered.Count);

        /// <summary>One message got no answer. Without any confirm so far the others need not wait as long.</summary>
        public void NoAnswer(ParkedRow row)
        {
            lock (_lock)
            {
                _unanswered.Add(row);
                if (_published.Count > 0)
                {
                    return;
                }
            }

            _ends.Cancel();
        }

        /// <summary>
        /// Where the broker is there, the silence may be about the message: park it, so that it is tried alone and slows nobody down.
        /// (What follows it in its aggregate is parked behind it by the next round.)
        /// </summary>
        public void SettleUnanswered(bool isBrokerThere)
        {
            if (_unanswered.Count == 0)
            {
                return;
            }

            if (_published.Count > 0 || isBrokerThere)
            {
                _parked.AddRange(_unanswered);
            }

            if (_published.Count == 0)
            {
                AwayBecause ??= _unanswered[0].Because;
            }
        }

        public void End(string reason)
        {
            lock (_lock)
            {
                AwayBecause ??= reason;
            }

            _ends.Cancel();
        }

        public void Dispose() => _ends.Dispose();
    }

    [LoggerMessage(EventId = 1, Message = "{Dependency} is away, events wait in the outbox: {Reason}")]
    private partial void LogAway(LogLevel level, string dependency, string reason);

    [LoggerMessage(2, LogLevel.Information, "Events go out again")]
    private partial void LogBack();

    [LoggerMessage(3, LogLevel.Error, "The outbox relay failed and starts again")]
    private partial void LogFailed(Exception exception);

    [LoggerMessage(4, LogLevel.Debug, "{Type} {MessageId} stays in the outbox: {Reason}; again in {Seconds} s")]
    private partial void LogParked(string type, Guid messageId, string reason, double seconds);
}
