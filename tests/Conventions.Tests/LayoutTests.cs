using System.Text.RegularExpressions;

namespace Conventions.Tests;

/// <summary>The same thing is in the same place in every service, and the top level is the one that was agreed.</summary>
public sealed partial class LayoutTests
{
    [Fact]
    public void TopLevel_Folders_AreTheAgreedOnes()
    {
        var folders = Directory.EnumerateDirectories(Repository.Root)
            .Select(Path.GetFileName)
            .Where(name => !name!.StartsWith('.') && name is not ("bin" or "obj" or "TestResults"))
            .Order(StringComparer.Ordinal);

        Assert.Equal(["AppHost", "ServiceDefaults", "gateway", "services", "tests"], folders);
        Assert.True(File.Exists(Repository.At("aspire-manifest.json")));
        Assert.True(File.Exists(Repository.At("Platform.sln")));
    }

    [Fact]
    public void Solution_EveryProjectOnDisk_IsInIt()
    {
        var solution = File.ReadAllText(Repository.At("Platform.sln"));
        var listed = ProjectLine().Matches(solution).Select(match => match.Groups["path"].Value.Replace('\\', '/')).Order(StringComparer.Ordinal);
        var onDisk = Directory.EnumerateFiles(Repository.Root, "*.csproj", SearchOption.AllDirectories)
            .Select(file => Path.GetRelativePath(Repository.Root, file).Replace('\\', '/'))
            .Where(file => !file.Contains("/obj/", StringComparison.Ordinal))
            .Order(StringComparer.Ordinal);

        Assert.Equal(onDisk, listed);
    }

    [Theory]
    [ClassData(typeof(EveryService))]
    public void Service_Files_AreInTheSamePlaces(Service service)
    {
        string[] expected =
        [
            "Program.cs", $"{service.Name}Extensions.cs", $"{service.Name}Options.cs", $"{service.Name}Problems.cs",
            $"{service.Name}.http", "README.md", "appsettings.json", "Features", "Domain", "Data/Migrations", "Messages",
        ];

        var missing = expected.Where(path => !Path.Exists(Repository.At($"{service.Path}/{path}")));

        Assert.Empty(missing);
    }

    [Theory]
    [ClassData(typeof(EveryService))]
    public void Program_OfAService_IsATableOfContents(Service service)
    {
        var lines = File.ReadLines(Repository.At($"{service.Path}/Program.cs")).Count(line => !string.IsNullOrWhiteSpace(line));

        Assert.InRange(lines, 1, 25);
    }

    [Theory]
    [ClassData(typeof(EveryService))]
    public void Operation_Class_HasItsTestClass(Service service)
    {
        var untested = Operations.Of(service)
            .Select(operation => operation.Name)
            .Where(name => !Repository.SourcesBelow($"tests/{service.Name}.Tests/Features").Any(file => Path.GetFileName(file) == $"{name}Tests.cs"));

        Assert.Empty(untested);
    }

    [GeneratedRegex("= \"[^\"]+\", \"(?<path>[^\"]+\\.csproj)\"", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex ProjectLine();
}
