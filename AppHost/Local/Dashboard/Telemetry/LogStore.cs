namespace Aspire.Hosting.Local.Dashboard.Telemetry;

/// <summary>The newest log records, bounded by count and by bytes; the oldest go first.</summary>
internal sealed class LogStore(int maxRecords = LogStore.DefaultMaxRecords, long maxBytes = LogStore.DefaultMaxBytes)
{
    public const int DefaultMaxRecords = 10_000;
    public const long DefaultMaxBytes = 24 * 1024 * 1024;

    private readonly Lock gate = new();
    // A queue that can be walked from its newest end: records[(first + i) % length].
    private readonly LogRecord?[] records = new LogRecord?[maxRecords];
    private int first;
    private int count;
    private long bytes;
    private long firstNumber = 1;
    private long lastNumber;

    /// <summary>Number of the newest record ever taken; the first has 1.</summary>
    public long Version => Volatile.Read(ref lastNumber);

    public long Bytes
    {
        get
        {
            lock (gate)
            {
                return bytes;
            }
        }
    }

    /// <returns>How many records were not kept because one alone is larger than the store.</returns>
    public int Add(IReadOnlyList<LogRecord> batch)
    {
        var refused = 0;
        lock (gate)
        {
            foreach (var record in batch)
            {
                if (record.Bytes > maxBytes)
                {
                    refused++;
                    continue;
                }

                while (count > 0 && (count == records.Length || bytes + record.Bytes > maxBytes))
                {
                    bytes -= records[first]!.Bytes;
                    records[first] = null;
                    first = (first + 1) % records.Length;
                    count--;
                    firstNumber++;
                }

                records[(first + count) % records.Length] = record;
                count++;
                bytes += record.Bytes;
                Volatile.Write(ref lastNumber, lastNumber + 1);
            }
        }

        return refused;
    }

    public LogRecord? Find(long number)
    {
        lock (gate)
        {
            var index = number - firstNumber;
            return index >= 0 && index < count ? records[(first + (int)index) % records.Length] : null;
        }
    }

    /// <summary>The newest records that match, newest first.</summary>
    /// <param name="before">Only those with a smaller number; null for all.</param>
    public LogPage Query(Func<LogRecord, bool> filter, int limit, long? before = null)
    {
        // The references are copied under the lock and filtered outside it: a search does not hold up the receiver.
        LogRecord[] snapshot;
        long start;
        lock (gate)
        {
            snapshot = new LogRecord[count];
            for (var i = 0; i < count; i++)
            {
                snapshot[i] = records[(first + i) % records.Length]!;
            }

            start = firstNumber;
        }

        var found = new List<(long Number, LogRecord Record)>();
        var matches = 0;
        for (var i = snapshot.Length - 1; i >= 0; i--)
        {
            if (!filter(snapshot[i]))
            {
                continue;
            }

            matches++;
            if (found.Count < limit && (before is null || start + i < before))
            {
                found.Add((start + i, snapshot[i]));
            }
        }

        return new LogPage(found, matches, snapshot.Length);
    }
}

/// <param name="Matches">How many match in all, of <paramref name="Kept"/>.</param>
internal sealed record LogPage(IReadOnlyList<(long Number, LogRecord Record)> Records, int Matches, int Kept);
