namespace Pairing.Domain;

/// <summary>The numbers of contract §4, §5 and §8.</summary>
public static class PairingRules
{
    /// <summary>Shortest lifetime of a pairing, in seconds. Shorter wishes are raised to it.</summary>
    public const int MinimumLifetimeSeconds = 30;

    /// <summary>Longest lifetime of a pairing, in seconds. Longer wishes are cut to it.</summary>
    public const int MaximumLifetimeSeconds = 300;

    /// <summary>Lifetime of a pairing when the tenant names none, in seconds.</summary>
    public const int DefaultLifetimeSeconds = 120;

    /// <summary>How long one <c>complete</c> may hold a pairing; after it another one may take over.</summary>
    public static TimeSpan ClaimLifetime { get; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// The latest moment, counted from the claim, at which a link may still be sent to Postgres. Five seconds before the claim
    /// ends, so that a process that was paused cannot commit under a claim that another one has taken over.
    /// </summary>
    public static TimeSpan CommitDeadline { get; } = TimeSpan.FromSeconds(25);

    /// <summary>How long EXPIRED and DENIED stay visible after the end.</summary>
    public static TimeSpan EndedRetention { get; } = TimeSpan.FromMinutes(10);

    /// <summary>How long APPROVED stays visible: a login page that comes back late must not read NOT_FOUND.</summary>
    public static TimeSpan ApprovedRetention { get; } = TimeSpan.FromHours(24);

    /// <summary>Clamps the lifetime that a tenant asks for.</summary>
    public static int LifetimeSeconds(long? wanted)
        => (int)Math.Clamp(wanted ?? DefaultLifetimeSeconds, MinimumLifetimeSeconds, MaximumLifetimeSeconds);
}
