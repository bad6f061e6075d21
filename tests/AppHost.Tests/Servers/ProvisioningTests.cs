using Aspire.Hosting.Local.Servers;

namespace AppHost.Tests.Servers;

public sealed class ProvisioningTests
{
    [Fact]
    public async Task Ensure_EverythingThere_SaysNothing()
    {
        var lines = new List<string>();
        await Provisioning.EnsureAsync(
            new HashSet<Requirement> { Requirement.Postgres, Requirement.Redis, Requirement.RabbitMQ, Requirement.Sodium, Requirement.Argon2 },
            installMissing: false, lines.Add, TestContext.Current.CancellationToken);
        Assert.Empty(lines);
    }

    [Theory]
    [InlineData("14.9", true)]
    [InlineData("14.99.1", true)]
    [InlineData("15.0", false)]
    [InlineData("15.4", false)]
    [InlineData("18.1", false)]
    public void TooOld_BothSidesOfTheMinimum(string version, bool isTooOld)
    {
        var problem = Provisioning.TooOld("Postgres", Version.Parse(version), ServerPrograms.MinimumPostgres);
        Assert.Equal(isTooOld ? $"Postgres {version} is too old: 15.0 or newer is needed." : null, problem);
    }

    [Theory]
    [InlineData("ID=debian\n", true)]
    [InlineData("NAME=\"Ubuntu\"\nID=ubuntu\nID_LIKE=debian\n", true)]
    [InlineData("ID=linuxmint\nID_LIKE=\"ubuntu debian\"\n", true)]
    [InlineData("ID=fedora\n", false)]
    [InlineData("ID=arch\nHOME_URL=\"https://debian.org\"\n", false)]
    [InlineData("", false)]
    public void IsDebian_ByItsOwnAccount(string osRelease, bool isDebian) => Assert.Equal(isDebian, PackageManager.IsDebian(osRelease));

    [Fact]
    public void Versions_OfTheMachine_AreTheProgramsOwn()
    {
        Assert.All(ServerPrograms.Postgres(), server => Assert.True(server.Version.Major >= 9));
        Assert.True(ServerPrograms.Redis()!.Version >= ServerPrograms.MinimumRedis);
        Assert.True(ServerPrograms.RabbitMQ()!.Version >= ServerPrograms.MinimumRabbitMQ);
    }
}
