using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Local.Configuration;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Hosting.Internal;

namespace AppHost.Tests.Engine;

public sealed class ParameterTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("secrets-");

    private string SecretsPath => Path.Combine(_folder.FullName, "id", "secrets.json");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public void Parameter_NoValueAndNoDefault_SaysHowToSetIt()
    {
        var exception = Assert.Throws<DistributedApplicationException>(() => Store().Value("pairing-admin-key", parameterDefault: null));

        Assert.Contains("Parameters__pairing_admin_key=", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void GeneratedParameter_OutsideDevelopment_Refused()
    {
        var store = Store(environment: Environments.Production);

        var exception = Assert.Throws<DistributedApplicationException>(() => store.Value("pairing-key-seed", new GenerateParameterDefault(), keep: true));

        Assert.Contains("Production", exception.Message, StringComparison.Ordinal);
        Assert.False(File.Exists(SecretsPath));
    }

    [Theory]
    [InlineData(true, true)]
    [InlineData(false, false)]
    public void ServerPassword_OutsideDevelopment_GeneratedForAnEphemeralStackOnly(bool ephemeral, bool generated)
    {
        var store = Store(environment: Environments.Production, ephemeral: ephemeral);

        var exception = Record.Exception(() => store.Value("redis-password", new GenerateParameterDefault(), keep: true, isServerPassword: true));

        Assert.Equal(generated, exception is null);
        Assert.False(File.Exists(SecretsPath));
    }

    [Fact]
    public void Parameter_EmptyValue_CountsAsMissing()
        => Assert.Throws<DistributedApplicationException>(() => Store(("Parameters:a-b", "")).Value("a-b", parameterDefault: null));

    [Theory]
    [InlineData("Parameters:a-b")]
    [InlineData("Parameters:a_b")]
    public void Parameter_EitherSpelling_IsRead(string key)
        => Assert.Equal("given", Store((key, "given")).Value("a-b", new GenerateParameterDefault()));

    [Fact]
    public void Parameter_BothSpellings_TheExactOneWins()
        => Assert.Equal("exact", Store(("Parameters:a_b", "other"), ("Parameters:a-b", "exact")).Value("a-b", parameterDefault: null));

    [Fact]
    public void GeneratedParameter_ToBeKept_IsTheSameNextTime()
    {
        var first = Store().Value("seed", new GenerateParameterDefault(), keep: true);
        var second = Store().Value("seed", new GenerateParameterDefault(), keep: true);

        Assert.Equal(first, second);
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(SecretsPath));
        }
    }

    [Fact]
    public void GeneratedParameter_OfAnEphemeralStack_IsNotKept()
    {
        Store(ephemeral: true).Value("seed", new GenerateParameterDefault(), keep: true);

        Assert.False(File.Exists(SecretsPath));
    }

    [Fact]
    public void KeptParameter_OtherSecretsInTheFile_Stay()
    {
        Directory.CreateDirectory(Path.GetDirectoryName(SecretsPath)!);
        File.WriteAllText(SecretsPath, """{ "Mine": "x", "Parameters": { "nested": "n" } }""");

        Store().Value("seed", new GenerateParameterDefault(), keep: true);
        var nested = UserSecrets.KeepOrGet(SecretsPath, "Parameters:nested", "other");

        Assert.Contains("\"Mine\": \"x\"", File.ReadAllText(SecretsPath), StringComparison.Ordinal);
        Assert.Equal("n", nested);
    }

    [Fact]
    public async Task KeptParameter_ManyAtOnce_AgreeOnOneValue()
    {
        var values = await Task.WhenAll(Enumerable.Range(0, 20).Select(i => Task.Run(
            () => UserSecrets.KeepOrGet(SecretsPath, "Parameters:seed", $"{i}"), TestContext.Current.CancellationToken)));

        Assert.Single(values.Distinct(StringComparer.Ordinal));
    }

    [Fact]
    public void Sources_CommandLineEnvironmentAndFiles_LaterWins()
    {
        Environment.SetEnvironmentVariable("Parameters__precedence_test", "environment");
        var directory = _folder.FullName;

        var fromEnvironment = Configuration([], directory);
        var fromCommandLine = Configuration(["--Parameters:precedence_test=command line"], directory);

        Assert.Equal("environment", fromEnvironment["Parameters:precedence_test"]);
        Assert.Equal("command line", fromCommandLine["Parameters:precedence_test"]);
    }

    [Theory]
    [InlineData(true, false, false, true)]
    [InlineData(true, true, true, true)]
    public void Generated_OfSomeClasses_HasOnlyThose(bool lower, bool upper, bool special, bool numeric)
    {
        var value = new GenerateParameterDefault { MinLength = 600, Lower = lower, Upper = upper, Special = special, Numeric = numeric, MinNumeric = 50 }.GetDefaultValue();

        // So long that no class is missing by chance.
        Assert.Equal(600, value.Length);
        Assert.Equal(upper, value.Any(char.IsAsciiLetterUpper));
        Assert.Equal(special, value.Any(c => !char.IsAsciiLetterOrDigit(c)));
        Assert.True(value.Count(char.IsAsciiDigit) >= 50);
    }

    [Fact]
    public void Generated_NoClassAtAll_Refused()
        => Assert.Throws<InvalidOperationException>(
            () => new GenerateParameterDefault { Lower = false, Upper = false, Numeric = false, Special = false }.GetDefaultValue());

    private static ConfigurationManager Configuration(string[] args, string directory)
    {
        var configuration = new ConfigurationManager();
        configuration.AddAppHostSources(args, directory, assembly: null, out _);
        return configuration;
    }

    private ParameterStore Store(params (string Key, string Value)[] configured) => Store(Environments.Development, ephemeral: false, configured);

    private ParameterStore Store(string? environment = null, bool ephemeral = false, params (string Key, string Value)[] configured)
        => new(
            new ConfigurationBuilder().AddInMemoryCollection(configured.ToDictionary(c => c.Key, c => (string?)c.Value, StringComparer.Ordinal)).Build(),
            new HostingEnvironment { EnvironmentName = environment ?? Environments.Development },
            new DistributedApplicationExecutionContext(DistributedApplicationOperation.Run),
            ephemeral,
            SecretsPath);
}
