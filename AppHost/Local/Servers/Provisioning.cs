using System.Runtime.InteropServices;
using ServiceDefaults;

namespace Aspire.Hosting.Local.Servers;

/// <summary>Sees to it that the machine has what a stack needs.</summary>
internal static class Provisioning
{
    /// <param name="installMissing">Whether AppHost may install what is missing (<c>AppHost:InstallMissing</c>).</param>
    /// <param name="print">Gets one line at a time for the person at the keyboard.</param>
    /// <exception cref="DistributedApplicationException">Something is missing or too old; the message says what to do.</exception>
    public static async Task EnsureAsync(IReadOnlySet<Requirement> needed, bool installMissing, Action<string> print, CancellationToken cancellationToken)
    {
        var missing = Missing(needed);
        if (missing.Count > 0)
        {
            await InstallAsync(missing, installMissing, print, cancellationToken);
        }

        RefuseOldVersions(needed);
    }

    /// <summary>What is not on the machine at all.</summary>
    internal static IReadOnlyList<Requirement> Missing(IReadOnlySet<Requirement> needed) => [.. needed.Where(requirement => !IsPresent(requirement)).Order()];

    /// <summary>The versions below which the platform does not work.</summary>
    internal static string? TooOld(string product, Version found, Version minimum)
        => found < minimum ? $"{product} {found} is too old: {minimum} or newer is needed." : null;

    private static bool IsPresent(Requirement requirement) => requirement switch
    {
        Requirement.Postgres => ServerPrograms.Postgres().Count > 0,
        Requirement.Redis => ServerPrograms.Redis() is not null,
        Requirement.RabbitMQ => ServerPrograms.RabbitMQ() is not null,
        Requirement.Sodium => CanLoad(NativeFiles.Sodium),
        Requirement.Argon2 => CanLoad(NativeFiles.Argon2),
        Requirement.Chromium => ServerPrograms.Chromium() is not null,
        _ => throw new ArgumentOutOfRangeException(nameof(requirement), requirement, null),
    };

    private static bool CanLoad(string[] names)
    {
        foreach (var name in names)
        {
            if (NativeLibrary.TryLoad(name, out var library))
            {
                NativeLibrary.Free(library);
                return true;
            }
        }

        return false;
    }

    private static async Task InstallAsync(IReadOnlyList<Requirement> missing, bool installMissing, Action<string> print, CancellationToken cancellationToken)
    {
        var what = string.Join(", ", missing.Select(Title));
        var command = PackageManager.Command(missing);
        if (command is null)
        {
            throw new DistributedApplicationException($"This machine lacks {what}. Install it and start again.");
        }

        if (!installMissing || !PackageManager.CanInstall)
        {
            throw new DistributedApplicationException($"This machine lacks {what}. Install it with:\n\n  {command}\n\nand start again.");
        }

        print($"This machine lacks {what}: installing with apt-get. The first time this takes a few minutes.");
        await AptInstallation.RunAsync(PackageManager.DebianPackages(missing), print, command, cancellationToken);
        if (Missing(missing.ToHashSet()) is { Count: > 0 } still)
        {
            throw new DistributedApplicationException($"{string.Join(", ", still.Select(Title))} cannot be found although apt-get has installed it.");
        }
    }

    private static void RefuseOldVersions(IReadOnlySet<Requirement> needed)
    {
        string?[] problems =
        [
            needed.Contains(Requirement.Postgres) ? TooOld("Postgres", ServerPrograms.Postgres()[0].Version, ServerPrograms.MinimumPostgres) : null,
            needed.Contains(Requirement.Redis) ? TooOld("Redis", ServerPrograms.Redis()!.Version, ServerPrograms.MinimumRedis) : null,
            needed.Contains(Requirement.RabbitMQ) ? TooOld("RabbitMQ", ServerPrograms.RabbitMQ()!.Version, ServerPrograms.MinimumRabbitMQ) : null,
        ];
        if (problems.OfType<string>().ToList() is { Count: > 0 } old)
        {
            throw new DistributedApplicationException(
                $"{string.Join(' ', old)} Install a newer one, or point AppHost to a server elsewhere with ConnectionStrings:<name>.");
        }
    }

    private static string Title(Requirement requirement) => requirement switch
    {
        Requirement.Sodium => "libsodium",
        Requirement.Argon2 => "libargon2",
        _ => requirement.ToString(),
    };
}
