using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.FileProviders;
using Microsoft.Extensions.Hosting;

namespace DeviceRegistry.Tests;

/// <summary>A service that starts is one that can work.</summary>
public sealed class DeviceRegistryOptionsTests
{
    private const string Secret = "0123456789012345678901234567890123456789012";

    [Fact]
    public void Validate_LeastSettings_Good() => Assert.Empty(Faults(new DeviceRegistryOptions { DataKey = Secret }));

    [Fact]
    public void Validate_Secrets_AreThereAndLongEnough()
    {
        Assert.Contains("DataKey", Assert.Single(Faults(new DeviceRegistryOptions())), StringComparison.Ordinal);
        Assert.Contains("DataKey", Assert.Single(Faults(new DeviceRegistryOptions { DataKey = Secret[1..] })), StringComparison.Ordinal);
        Assert.Contains("PreviousDataKey", Assert.Single(Faults(new DeviceRegistryOptions { DataKey = Secret, PreviousDataKey = "short" })), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("https://app.example", true)]
    [InlineData("http://localhost:3000", true)]
    [InlineData("*", false)]
    [InlineData("https://app.example/", false)]
    [InlineData("https://app.example/path", false)]
    [InlineData("ftp://app.example", false)]
    public void Validate_Origin_IsExactlyOne(string origin, bool isGood)
    {
        var options = new DeviceRegistryOptions { DataKey = Secret };
        options.AllowedOrigins.Add(origin);
        Assert.Equal(isGood, Faults(options).Count == 0);
    }

    [Fact]
    public void Validate_Issuers_AreWholeAndDifferent()
    {
        var options = new DeviceRegistryOptions { DataKey = Secret };
        options.Issuers.Add(new IssuerOptions { Issuer = "https://a", Audience = "b", JwksUri = "https://a/keys" });
        Assert.Empty(Faults(options));
        options.Issuers.Add(new IssuerOptions { Issuer = "https://a", Audience = "b", JwksUri = "https://a/keys" });
        options.Issuers.Add(new IssuerOptions { Issuer = "http://localhost:8080/identity-auth", Audience = "b", JwksUri = "https://a/keys" });
        options.Issuers.Add(new IssuerOptions { Algorithms = { "HS256" }, JwksUri = "http://a/keys" });
        var faults = Faults(options, environment: "Production");
        Assert.Equal(2, faults.Count(fault => fault.Contains("there twice", StringComparison.Ordinal)));
        Assert.Equal(4, faults.Count(fault => fault.Contains("Issuers:3", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("00:00:00.0990000", false)]
    [InlineData("00:00:00.1000000", true)]
    [InlineData("01:00:00", true)]
    [InlineData("01:00:01", false)]
    public void Validate_SweepInterval_HasBounds(string interval, bool isGood)
        => Assert.Equal(isGood, Faults(new DeviceRegistryOptions { DataKey = Secret, SweepInterval = TimeSpan.Parse(interval, System.Globalization.CultureInfo.InvariantCulture) }).Count == 0);

    private static List<string> Faults(DeviceRegistryOptions options, string environment = "Development")
        => [.. new DeviceRegistryOptionsValidator(new Host(environment), new ConfigurationBuilder().Build()).Validate(null, options).Failures ?? []];

    private sealed class Host(string environment) : IHostEnvironment
    {
        public string EnvironmentName { get; set; } = environment;

        public string ApplicationName { get; set; } = "DeviceRegistry";

        public string ContentRootPath { get; set; } = "";

        public IFileProvider ContentRootFileProvider { get; set; } = new NullFileProvider();
    }
}
