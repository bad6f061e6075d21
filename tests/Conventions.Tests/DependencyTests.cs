using System.Text.RegularExpressions;

namespace Conventions.Tests;

/// <summary>Who may know whom.</summary>
public sealed partial class DependencyTests
{
    private static readonly string[] DomainMayNotUse = ["Npgsql", "Dapper", "StackExchange", "MassTransit", "RabbitMQ", "Microsoft.AspNetCore"];

    [Theory]
    [ClassData(typeof(EveryService))]
    public void Domain_Usings_NameNoInfrastructure(Service service)
    {
        var offences = Repository.SourcesBelow($"{service.Path}/Domain")
            .SelectMany(file => UsingLine().Matches(File.ReadAllText(file)).Select(match => (File: Path.GetFileName(file), Namespace: match.Groups["ns"].Value)))
            .Where(use => DomainMayNotUse.Any(forbidden => use.Namespace.StartsWith(forbidden, StringComparison.Ordinal)));

        Assert.Empty(offences);
        Assert.NotEmpty(Repository.SourcesBelow($"{service.Path}/Domain"));
    }

    [Theory]
    [ClassData(typeof(EveryService))]
    public void Service_References_NoOtherService(Service service)
    {
        var others = Service.All.Where(other => other != service).Select(other => other.Name);

        Assert.Empty(service.Assembly.GetReferencedAssemblies().Select(reference => reference.Name).Intersect(others));
    }

    [Fact]
    public void ServiceDefaults_References_NoContracts()
    {
        var references = typeof(Microsoft.Extensions.Hosting.ServiceDefaultsExtensions).Assembly.GetReferencedAssemblies();

        Assert.DoesNotContain(references, reference => reference.Name!.EndsWith(".Contracts", StringComparison.Ordinal));
    }

    [Fact]
    public void ServiceDefaults_Sources_KnowNoDomainWord()
    {
        string[] words = ["pairing", "fluxer", "authlance", "authentiq", "device-registry", "identity-auth", "scope-signing"];

        var offences = Repository.SourcesBelow("ServiceDefaults")
            .SelectMany(file => words.Where(word => CodeOf(file).Contains(word, StringComparison.OrdinalIgnoreCase)).Select(word => $"{Path.GetFileName(file)}: {word}"));

        Assert.Empty(offences);
    }

    [Fact]
    public void Gateway_References_NoContractsButOfTheSessionsItKeepsAndNoDatabase()
    {
        var project = File.ReadAllText(Repository.At("gateway/Gateway.csproj"));

        Assert.DoesNotContain(".Contracts", project.Replace("IdentityAuth.Contracts", "", StringComparison.Ordinal), StringComparison.Ordinal);
        Assert.DoesNotContain("Npgsql", project, StringComparison.Ordinal);
    }

    /// <summary>Comments may give an example; code may not depend on one.</summary>
    private static string CodeOf(string file)
        => string.Join('\n', File.ReadLines(file).Where(line => !line.TrimStart().StartsWith("//", StringComparison.Ordinal)));

    [GeneratedRegex(@"^\s*(global )?using (static )?(?<ns>[A-Za-z0-9_.]+);", RegexOptions.Multiline | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex UsingLine();
}
