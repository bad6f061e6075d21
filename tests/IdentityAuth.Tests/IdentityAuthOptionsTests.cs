using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Hosting.Internal;

namespace IdentityAuth.Tests;

public sealed class IdentityAuthOptionsTests
{
    [Fact]
    public void Validate_SecretsGiven_Passes() => Assert.True(Check(Environments.Production, _ => { }).Succeeded);

    [Theory]
    [MemberData(nameof(Faults))]
    public void Validate_Fault_NamesTheSetting(string setting, Action<IdentityAuthOptions> fault)
        => Assert.Contains(setting, Assert.Single(Check(Environments.Production, fault).Failures!), StringComparison.Ordinal);

    public static TheoryData<string, Action<IdentityAuthOptions>> Faults => new()
    {
        { "DataKey", options => options.DataKey = null },
        { "SudoKey", options => options.SudoKey = new string('x', 42) },
        { "PreviousDataKey", options => options.PreviousDataKey = "short" },
        { "AuditRetention", options => options.AuditRetention = TimeSpan.FromHours(23) },
        { "AuditRetention", options => options.AuditRetention = TimeSpan.FromDays(3_651) },
        { "RateLimits", options => options.RateLimits = false },
        { "Passwords", options => options.Passwords.Iterations = 1 },
        { "Passwords", options => options.Passwords.MemoryKiB = 19_455 },
        { "Captcha", options => options.Captcha.Provider = "test" },
        { "Captcha", options => options.Captcha.Provider = "hcaptcha" },
        { "AppUrl", options => options.AppUrl = "ftp://x" },
        { "TrustedProxies", options => options.TrustedProxies = "10.0.0.0/99" },
        { "CIDR", options => options.BannedNetworks.Add("10.0.0.0/99") },
        { "CacheLifetime", options => options.CacheLifetime = TimeSpan.FromSeconds(31) },
        { "Smtp:From", options => options.Smtp.From = "nobody" },
    };

    [Theory]
    [InlineData(47_104, 1)]
    [InlineData(12_288, 3)]
    [InlineData(7_168, 5)]
    public void Validate_EqualDefence_Passes(int memoryKiB, int iterations)
        => Assert.True(Check(Environments.Production, options => (options.Passwords.MemoryKiB, options.Passwords.Iterations) = (memoryKiB, iterations)).Succeeded);

    private static Microsoft.Extensions.Options.ValidateOptionsResult Check(string environment, Action<IdentityAuthOptions> change)
    {
        var options = new IdentityAuthOptions { DataKey = new string('d', 43), SudoKey = new string('s', 43) };
        change(options);
        return new IdentityAuthOptionsValidator(new HostingEnvironment { EnvironmentName = environment }).Validate(null, options);
    }
}
