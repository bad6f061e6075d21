namespace Aspire.Hosting;

public sealed class DistributedApplicationOptions
{
    /// <summary>The command line.</summary>
    public string[]? Args { get; set; }

    /// <summary>The AppHost's assembly; the entry assembly when null.</summary>
    public string? AssemblyName { get; set; }

    /// <summary>The AppHost's folder; read from its assembly when null.</summary>
    public string? ProjectDirectory { get; set; }

    public string? DashboardApplicationName { get; set; }

    public bool DisableDashboard { get; set; }

    /// <summary>Whether the console of every resource also goes to the host's logging.</summary>
    public bool EnableResourceLogging { get; set; }

    /// <summary>Here everything is plain text on loopback.</summary>
    public bool AllowUnsecuredTransport { get; set; }

    /// <summary>Here no endpoint speaks TLS.</summary>
    public bool? DeveloperCertificateDefaultHttpsTerminationEnabled { get; set; }

    public bool? TrustDeveloperCertificate { get; set; }
}
