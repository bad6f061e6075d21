using Aspire.Hosting;

namespace AppHost.Tests.Engine;

public sealed class ConfigurationTests
{
    [Fact]
    public void Environment_NobodySays_IsDevelopment()
        => Assert.True(Stack.Builder().Environment.EnvironmentName is "Development");

    [Fact]
    public void Environment_OnTheCommandLine_Wins()
        => Assert.Equal("Staging", Stack.Builder("--environment=Staging").Environment.EnvironmentName);

    [Theory]
    [InlineData(new[] { "--ephemeral=true" }, true)]
    [InlineData(new[] { "--ephemeral", "true" }, true)]
    [InlineData(new[] { "--Ephemeral=True" }, true)]
    [InlineData(new[] { "--ephemeral=false" }, false)]
    [InlineData(new string[0], false)]
    public void Ephemeral_CommandLine_IsUnderstood(string[] args, bool expected)
        => Assert.Equal(expected, ((DistributedApplicationBuilder)DistributedApplication.CreateBuilder(args)).Settings.IsEphemeral);

    [Theory]
    [InlineData(new[] { "--publisher", "manifest" }, true)]
    [InlineData(new[] { "--operation", "publish", "--step", "publish-manifest" }, true)]
    [InlineData(new string[0], false)]
    public void Publish_CommandLine_IsUnderstood(string[] args, bool expected)
        => Assert.Equal(expected, DistributedApplication.CreateBuilder(args).ExecutionContext.IsPublishMode);

    [Theory]
    [InlineData("--publisher", "docker-compose")]
    [InlineData("--operation", "publish")]
    public void Publish_AnythingElse_Refused(params string[] args)
        => Assert.Throws<DistributedApplicationException>(() => DistributedApplication.CreateBuilder(args));
}
