using System.Globalization;

namespace Campaigns.Tests.Faults;

internal enum FaultKind
{
    /// <summary>SIGKILL; the engine starts it again.</summary>
    Kill,

    /// <summary>SIGSTOP, and SIGCONT after a while: connections stay open and nobody answers.</summary>
    Pause,

    /// <summary>Redis forgets everything and goes on.</summary>
    Flush,
}

/// <summary>Something that happens to one part of the platform.</summary>
/// <param name="Calm">How long everything was well before it.</param>
/// <param name="Lasts">With <see cref="FaultKind.Pause"/>.</param>
internal sealed record Fault(string Part, FaultKind Kind, TimeSpan Calm, TimeSpan Lasts)
{
    /// <summary>Milliseconds; longer than any answer may take.</summary>
    private const int MaxPause = 14_000;

    private const int MaxShortPause = 6_000;

    /// <summary>Milliseconds; in the long form what a part held in memory has grown before it is lost.</summary>
    private const int MaxCalm = 15_000;

    private const int MaxShortCalm = 2_500;

    public override string ToString()
        => Kind == FaultKind.Pause ? string.Create(CultureInfo.InvariantCulture, $"{Part} paused {Lasts.TotalSeconds:0.0} s") : $"{Part} {(Kind == FaultKind.Kill ? "killed" : "flushed")}";

    /// <summary>
    /// Every fault of every part once in each round, in an order and at times of chance; in the short form one fault of every part. Where the
    /// campaign is to reach a number of operations, there is no last one.
    /// </summary>
    public static IEnumerable<Fault> Plan(int seed, IReadOnlyList<string> services)
    {
        var random = new Random(seed);
        List<(string Part, FaultKind Kind)> all =
        [
            ("redis", FaultKind.Flush),
            .. ((string[])["rabbitmq", "postgres", "redis", .. services]).SelectMany(part => new[] { (part, FaultKind.Kill), (part, FaultKind.Pause) }),
        ];
        var isShort = Campaign.Rounds == 0 && Campaign.Operations == 0;
        for (var round = 0; Campaign.Operations > 0 || round < Math.Max(Campaign.Rounds, 1); round++)
        {
            var faults = all.OrderBy(_ => random.Next()).ToList();
            foreach (var (part, kind) in isShort ? faults.DistinctBy(fault => fault.Part) : faults)
            {
                var lasts = TimeSpan.FromMilliseconds(random.Next(500, isShort ? MaxShortPause : MaxPause));
                var fault = new Fault(part, kind, TimeSpan.FromMilliseconds(random.Next(500, isShort ? MaxShortCalm : MaxCalm)), lasts);
                if (Campaign.Parts.Count == 0 || Campaign.Parts.Contains(part))
                {
                    yield return fault;
                }
            }
        }
    }
}
