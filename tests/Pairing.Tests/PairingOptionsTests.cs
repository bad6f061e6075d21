using Microsoft.Extensions.FileProviders;
using Microsoft.Extensions.Hosting;
using Pairing.Tests.Infrastructure;

namespace Pairing.Tests;

/// <summary>A service that starts is one that can work: each wrong setting is named.</summary>
public sealed class PairingOptionsTests
{
    private const string Secret = "0123456789012345678901234567890123456789012";

    private static PairingOptions Good() => new()
    {
        AdminKey = PairingApp.AdminKey, KeySeed = Secret, DataKey = Secret,
    };

    [Theory]
    [InlineData("Development")]
    [InlineData("Production")]
    public void Validate_GoodSettings_Pass(string environment) => Assert.True(Validate(Good(), environment).Succeeded);

    public static TheoryData<string, Action<PairingOptions>> Faults => new()
    {
        { "Pairing:AdminKey", options => options.AdminKey = null },
        { "Pairing:AdminKey", options => options.AdminKey = "" },
        { "Pairing:AdminKey", options => options.AdminKey = "admin" },
        { "Pairing:AdminKey", options => options.AdminKey = "6f9619ff-8b86-1011-b42d-00cf4fc964ff" },
        { "Pairing:AdminKey", options => options.AdminKey = "6f9619ff8b864011b42d00cf4fc964ff" },
        { "Pairing:KeySeed", options => options.KeySeed = null },
        { "Pairing:KeySeed", options => options.KeySeed = Secret[1..] },
        { "Pairing:DataKey", options => options.DataKey = null },
        { "Pairing:DataKey", options => options.DataKey = Secret[1..] },
        { "Pairing:PreviousDataKey", options => options.PreviousDataKey = "short" },
        { "Pairing:PreviousKeySeed", options => options.PreviousKeySeed = Secret },
        { "Pairing:KeysRotatedAt", options => options.KeysRotatedAt = DateTimeOffset.UnixEpoch },
        { "Pairing:Issuer", options => options.Issuer = "" },
        { "Pairing:Audience", options => options.Audience = "" },
        { "Pairing:MaximumStatusStreams", options => options.MaximumStatusStreams = 0 },
        { "Pairing:StatusStreamFallback", options => options.StatusStreamFallback = TimeSpan.FromMilliseconds(99) },
        { "Pairing:SweepInterval", options => options.SweepInterval = TimeSpan.FromSeconds(61) },
        { "Pairing:RedisNamespace", options => options.RedisNamespace = "a:b" },
        { "Pairing:RedisNamespace", options => options.RedisNamespace = new string('a', 65) },
        { "Pairing:TrustedProxies", options => options.TrustedProxies = "10.0.0.0/33" },
        { "Pairing:Realms:0:Issuer", options => options.Realms.Add(Realm(realm => realm.Issuer = "")) },
        { "Pairing:Realms:0:Issuer", options => options.Realms.Add(Realm(realm => realm.Issuer = "hauth:orchestrator")) },
        { "Pairing:Realms:0:Audience", options => options.Realms.Add(Realm(realm => realm.Audience = "")) },
        { "Pairing:Realms:0:TenantId", options => options.Realms.Add(Realm(realm => realm.TenantId = "x")) },
        { "Pairing:Realms:0:JwksUri", options => options.Realms.Add(Realm(realm => realm.JwksUri = "ftp://a/b")) },
        { "Pairing:Realms:0:Algorithms", options => options.Realms.Add(Realm(realm => realm.Algorithms.Add("HS256"))) },
        { "Pairing:Realms:0:Algorithms", options => options.Realms.Add(Realm(realm => realm.Algorithms.Add("none"))) },
    };

    [Theory]
    [MemberData(nameof(Faults))]
    public void Validate_Fault_IsNamed(string setting, Action<PairingOptions> spoil)
    {
        var options = Good();
        spoil(options);
        var result = Validate(options, "Production");
        Assert.True(result.Failed);
        Assert.Contains(result.Failures!, fault => fault.Contains(setting, StringComparison.Ordinal));
        Assert.DoesNotContain(Secret[1..], result.FailureMessage, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Development", true)]
    [InlineData("Production", false)]
    [InlineData("Staging", false)]
    public void Validate_PlainHttpKeySet_OnlyInDevelopment(string environment, bool allowed)
    {
        var options = Good();
        options.Realms.Add(Realm(realm => realm.JwksUri = "http://127.0.0.1/keys"));
        Assert.Equal(allowed, Validate(options, environment).Succeeded);
    }

    [Theory]
    [InlineData("Development")]
    [InlineData("Production")]
    public async Task Start_WithoutSecrets_IsRefused(string environment)
    {
        var settings = new Dictionary<string, string?>(StringComparer.Ordinal) { ["Pairing:KeySeed"] = "" };
        await Assert.ThrowsAnyAsync<Exception>(async () =>
        {
            await using var app = await PairingApp.StartAsync(settings, environment: environment);
            await app.Client.GetAsync("/alive", TestContext.Current.CancellationToken);
        });
    }

    private static Microsoft.Extensions.Options.ValidateOptionsResult Validate(PairingOptions options, string environment)
        => new PairingOptionsValidator(new TestEnvironment(environment)).Validate(null, options);

    private static RealmOptions Realm(Action<RealmOptions> spoil)
    {
        var realm = new RealmOptions { Issuer = "https://a/realms/b", JwksUri = "https://a/keys", Audience = "x", TenantId = PairingApp.AdminKey };
        spoil(realm);
        return realm;
    }

    private sealed class TestEnvironment(string name) : IHostEnvironment
    {
        public string EnvironmentName { get; set; } = name;

        public string ApplicationName { get; set; } = "Pairing";

        public string ContentRootPath { get; set; } = "";

        public IFileProvider ContentRootFileProvider { get; set; } = new NullFileProvider();
    }
}
