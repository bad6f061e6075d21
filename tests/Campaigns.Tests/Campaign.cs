using System.Globalization;

namespace Campaigns.Tests;

/// <summary>How long the campaigns last and what chance they take: environment variables, so that one assembly has both forms.</summary>
internal static class Campaign
{
    /// <summary>Trait of every campaign: <c>Category=slow</c>.</summary>
    public const string Category = "Category";

    public const string Slow = "slow";

    /// <summary><c>Category=alone</c>: measures seconds and has no short form; it is not part of <c>dotnet test</c>, and wants the machine for itself.</summary>
    public const string Alone = "alone";

    /// <summary><c>CAMPAIGN_SEED</c>: what chance depends on. The same seed asks the same questions.</summary>
    public static int Seed { get; } = Read("CAMPAIGN_SEED", 1);

    /// <summary><c>CAMPAIGN_REQUESTS</c>: wrong requests to send.</summary>
    public static int Requests { get; } = Read("CAMPAIGN_REQUESTS", 3_000);

    /// <summary><c>CAMPAIGN_ROUNDS</c>: how often every part is killed and paused; 0, the short form: every part once, the one or the other.</summary>
    public static int Rounds { get; } = Read("CAMPAIGN_ROUNDS", 0);

    /// <summary><c>CAMPAIGN_OPERATIONS</c>: rounds follow each other until so many operations were acknowledged; 0: as many rounds as <see cref="Rounds"/> says.</summary>
    public static int Operations { get; } = Read("CAMPAIGN_OPERATIONS", 0);

    /// <summary><c>CAMPAIGN_MINUTES</c>: after so many no further fault happens, whatever is still missing; 0: no limit.</summary>
    public static int Minutes { get; } = Read("CAMPAIGN_MINUTES", 0);

    /// <summary><c>CAMPAIGN_CLIENTS</c>: clients of each service that work at the same time while things fail.</summary>
    public static int Clients { get; } = Read("CAMPAIGN_CLIENTS", 2);

    /// <summary><c>CAMPAIGN_PARTS</c>: the parts to which something happens, with commas between; all without it.</summary>
    public static IReadOnlyCollection<string> Parts { get; } = (Environment.GetEnvironmentVariable("CAMPAIGN_PARTS") ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries);

    private static int Read(string name, int otherwise)
        => Environment.GetEnvironmentVariable(name) is { Length: > 0 } text
            ? int.Parse(text, NumberStyles.None, CultureInfo.InvariantCulture)
            : otherwise;
}
