using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;

namespace AppHost.Tests.Engine;

public sealed class AppModelTests
{
    [Theory]
    [InlineData("")]
    [InlineData("1st")]
    [InlineData("a_b")]
    [InlineData("a--b")]
    [InlineData("a-")]
    [InlineData("-a")]
    public void ResourceName_AgainstTheRule_Refused(string name)
        => Assert.ThrowsAny<ArgumentException>(() => Stack.Builder().AddRedis(name));

    [Theory]
    [InlineData(64, true)]
    [InlineData(65, false)]
    public void ResourceName_Length_IsLimited(int length, bool accepted)
    {
        var exception = Record.Exception(() => Stack.Builder().AddExecutable(new string('a', length), "true", "."));

        Assert.Equal(accepted, exception is null);
    }

    [Fact]
    public void ResourceName_TakenInAnotherCase_Refused()
    {
        var builder = Stack.Builder();
        builder.AddRedis("cache");

        Assert.Throws<DistributedApplicationException>(() => builder.AddPostgres("Cache"));
    }

    [Fact]
    public void Endpoint_SameNameTwice_Refused()
        => Assert.Throws<DistributedApplicationException>(() => Sample().WithHttpEndpoint().WithHttpEndpoint());

    [Fact]
    public void HealthCheck_BeforeTheEndpoint_Refused()
        => Assert.Throws<DistributedApplicationException>(() => Sample().WithHttpHealthCheck("/health"));

    [Fact]
    public void WaitFor_Itself_Refused()
    {
        var service = Sample();

        Assert.Throws<DistributedApplicationException>(() => service.WaitFor(service));
    }

    [Fact]
    public void WaitFor_OneThatWaitsForIt_Refused()
    {
        var builder = Stack.Builder();
        var first = builder.AddExecutable("first", "true", ".");
        var second = builder.AddExecutable("second", "true", ".").WaitFor(first);
        var third = builder.AddExecutable("third", "true", ".").WaitFor(second);

        Assert.Throws<DistributedApplicationException>(() => first.WaitFor(third));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    public void Replicas_NotPositive_Refused(int replicas)
        => Assert.Throws<ArgumentOutOfRangeException>(() => Sample().WithReplicas(replicas));

    [Fact]
    public void Parameter_SecretPublishedAsDefault_Refused()
        => Assert.Throws<ArgumentException>(() => Stack.Builder().AddParameter("p", "v", publishValueAsDefault: true, secret: true));

    [Fact]
    public async Task ReferenceExpression_LiteralBracesAndFormat_AreKept()
    {
        var parameter = Stack.Builder().AddParameter("p", "a/b c");

        var expression = ReferenceExpression.Create($"{{x}} {parameter} {parameter:uri} {"lit eral":uri}");

        Assert.Equal("{x} a/b c a%2Fb%20c lit%20eral", await expression.GetValueAsync(TestContext.Current.CancellationToken));
        Assert.Equal("{x} {p.value} {p.value} lit%20eral", expression.ValueExpression);
    }

    // Vectors of the xxHash project (seed 0), and one that the manifest of Aspire itself shows.
    [Theory]
    [InlineData("", 0x02CC5D05)]
    [InlineData("a", 0x550D7456)]
    [InlineData("abc", 0x32D153FF)]
    [InlineData("Nobody inspects the spammish repetition", 0xE2293B2F)]
    [InlineData("{redis.bindings.tcp.tlsEnabled},ssl=trueTrue", 0xD148D83A)]
    public void XxHash32_PublishedVector_Matches(string text, uint expected)
        => Assert.Equal(expected, XxHash32.Hash(System.Text.Encoding.UTF8.GetBytes(text)));

    private static IResourceBuilder<ProjectResource> Sample() => Stack.Builder().AddProject<SampleProject>("sample", launchProfileName: null);
}
