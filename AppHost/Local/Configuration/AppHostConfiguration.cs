using System.Reflection;

namespace Aspire.Hosting.Local.Configuration;

/// <summary>Where the AppHost's settings come from; a later source wins.</summary>
internal static class AppHostConfiguration
{
    private static readonly Dictionary<string, string> Switches = new(StringComparer.OrdinalIgnoreCase)
    {
        ["--operation"] = "AppHost:Operation",
        ["--publisher"] = "Publishing:Publisher",
        ["--output-path"] = "Publishing:OutputPath",
        ["--step"] = "Publishing:Step",
        ["--environment"] = HostDefaults.EnvironmentKey,
    };

    public static void AddAppHostSources(
        this ConfigurationManager configuration, string[] args, string directory, Assembly? assembly, out string environmentName)
    {
        // The command line and the environment decide on the files that are read before them.
        var early = new ConfigurationBuilder()
            .AddConfiguration(configuration)
            .AddEnvironmentVariables("ASPNETCORE_")
            .AddEnvironmentVariables("DOTNET_")
            .AddEnvironmentVariables("ASPIRE_")
            .AddCommandLine(args, Switches)
            .Build();

        // Without a launch profile .NET would say Production; an AppHost is for development unless somebody says otherwise.
        environmentName = early[HostDefaults.EnvironmentKey] is { Length: > 0 } name ? name : Environments.Development;

        var hasFiles = AppHostMetadata.ProjectDirectory(assembly) is not null;
        if (hasFiles)
        {
            configuration
                .AddJsonFile(Path.Combine(directory, "appsettings.json"), optional: true)
                .AddJsonFile(Path.Combine(directory, $"appsettings.{environmentName}.json"), optional: true);
        }

        // Kept secrets are for development, and no ephemeral stack reads or keeps any: it would differ from machine to machine.
        if (environmentName == Environments.Development && !early.GetValue("Ephemeral", defaultValue: false) && UserSecrets.PathOf(assembly) is { } path)
        {
            configuration.AddJsonFile(path, optional: true);
        }

        configuration
            .AddEnvironmentVariables("ASPNETCORE_")
            .AddEnvironmentVariables("DOTNET_")
            .AddEnvironmentVariables("ASPIRE_")
            .AddEnvironmentVariables()
            .AddCommandLine(args, Switches);
    }

    /// <summary>Whether a manifest is wanted: <c>--publisher manifest</c>, or <c>--operation publish --step publish-manifest</c>.</summary>
    /// <exception cref="DistributedApplicationException">Another publisher is named; only the manifest is written here.</exception>
    public static bool IsPublish(this IConfiguration configuration)
    {
        var publisher = configuration["Publishing:Publisher"];
        var publish = string.Equals(configuration["AppHost:Operation"], "publish", StringComparison.OrdinalIgnoreCase);
        if ((publisher is null && !publish)
            || string.Equals(publisher, "manifest", StringComparison.OrdinalIgnoreCase)
            || (publisher is null && string.Equals(configuration["Publishing:Step"], "publish-manifest", StringComparison.OrdinalIgnoreCase)))
        {
            return publisher is not null || publish;
        }

        throw new DistributedApplicationException(
            $"'{publisher ?? configuration["Publishing:Step"]}' cannot be published by the default engine, which writes the manifest only (--publisher manifest). Use UseAspire=true for the rest.");
    }
}
