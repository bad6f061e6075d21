namespace Campaigns.Tests.Faults;

/// <summary>When something was away, with the time that it has to recover: then 5xx are what a client may expect.</summary>
internal sealed class Outages
{
    private readonly Lock gate = new();
    private readonly List<Outage> outages = [];

    /// <summary>From now on the part is away.</summary>
    public Outage Begin(Fault fault)
    {
        lock (gate)
        {
            var outage = new Outage(fault, DateTimeOffset.UtcNow);
            outages.Add(outage);
            return outage;
        }
    }

    /// <summary>Whether something was away, or recovering, at any moment between the two.</summary>
    public bool Overlap(DateTimeOffset from, DateTimeOffset to) => Any(from, to, _ => true);

    /// <summary>How much of the time between the two everything was well.</summary>
    public TimeSpan WellTime(DateTimeOffset from, DateTimeOffset to)
    {
        var (well, wellFrom) = (TimeSpan.Zero, from);
        foreach (var outage in All.Where(outage => outage.Until > from && outage.From < to).OrderBy(outage => outage.From))
        {
            if (outage.From > wellFrom)
            {
                well += outage.From - wellFrom;
            }

            wellFrom = outage.Until > wellFrom ? outage.Until : wellFrom;
        }

        return to > wellFrom ? well + (to - wellFrom) : well;
    }

    /// <summary>Whether Redis may have lost something between the two.</summary>
    public bool RedisWasLost(DateTimeOffset from, DateTimeOffset to)
        => Any(from, to, outage => outage.Fault.Part == "redis" && outage.Fault.Kind != FaultKind.Pause);

    public IReadOnlyList<Outage> All
    {
        get
        {
            lock (gate)
            {
                return [.. outages];
            }
        }
    }

    private bool Any(DateTimeOffset from, DateTimeOffset to, Func<Outage, bool> counts)
    {
        lock (gate)
        {
            return outages.Exists(outage => counts(outage) && outage.From <= to && outage.Until >= from);
        }
    }
}

/// <summary>One part was away.</summary>
internal sealed class Outage(Fault fault, DateTimeOffset from)
{
    public Fault Fault => fault;

    public DateTimeOffset From => from;

    /// <summary>When the part was there again.</summary>
    public DateTimeOffset? Back { get; set; }

    /// <summary>How long after that everything worked again.</summary>
    public TimeSpan? Recovery { get; set; }

    /// <summary>The end of the time in which clients may still notice.</summary>
    public DateTimeOffset Until => Back is { } back ? back + Machine.Stretch(FaultCampaign.RecoveryLimit) : DateTimeOffset.MaxValue;
}
