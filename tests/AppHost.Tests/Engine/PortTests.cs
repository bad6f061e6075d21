using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Local.Configuration;
using Aspire.Hosting.Local.Engine;
using Microsoft.Extensions.Configuration;

namespace AppHost.Tests.Engine;

public sealed class PortTests
{
    [Fact]
    public void FixedPort_Taken_SaysByWhomAndHowToChooseAnother()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;

        var exception = Assert.Throws<DistributedApplicationException>(() => Allocate(Builder().AddExecutable("listener", "true", ".").WithHttpEndpoint(port: port), $"--Listener:Port={port}"));

        Assert.Contains(port.ToString(CultureInfo.InvariantCulture), exception.Message, StringComparison.Ordinal);
        Assert.Contains($"process {Environment.ProcessId}", exception.Message, StringComparison.Ordinal);
        Assert.Contains("--Listener:Port=", exception.Message, StringComparison.Ordinal);
        Assert.Contains("--ephemeral=true", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void FixedPort_TakenInAnEphemeralStack_AFreeOneIsChosen()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;
        var resource = Builder().AddExecutable("listener", "true", ".").WithHttpEndpoint(port: port);

        Allocate(resource, "--ephemeral=true");

        Assert.NotEqual(port, resource.GetEndpoint("http").Port);
    }

    [Fact]
    public void FixedPort_WantedTwice_Refused()
    {
        var builder = Builder();
        var port = Aspire.Hosting.Local.Servers.Ports.Free();
        var first = builder.AddExecutable("first", "true", ".").WithHttpEndpoint(port: port);
        var second = builder.AddExecutable("second", "true", ".").WithHttpEndpoint(port: port);

        var exception = Assert.Throws<DistributedApplicationException>(() => PortAllocation.Allocate([first.Resource, second.Resource], Settings([])));

        Assert.Contains("first", exception.Message, StringComparison.Ordinal);
        Assert.Contains("second", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void TargetPort_OfReplicas_Refused()
        => Assert.Throws<DistributedApplicationException>(() => Allocate(
            Builder().AddProject<SampleProject>("sample", launchProfileName: null).WithReplicas(2).WithHttpEndpoint(targetPort: 5000)));

    [Fact]
    public void TargetPort_DifferentFromPort_Refused()
        => Assert.Throws<DistributedApplicationException>(() => Allocate(
            Builder().AddExecutable("listener", "true", ".").WithHttpEndpoint(port: 5001, targetPort: 5000)));

    [Theory]
    [InlineData(8080, 9080)]
    [InlineData(64535, 65535)]
    [InlineData(64536, 63536)]
    public void Suggestion_AnyPort_IsAPort(int port, int other) => Assert.Equal(other, PortAllocation.Other(port));

    private static IDistributedApplicationBuilder Builder() => Stack.Builder();

    private static LocalSettings Settings(string[] args)
        => new(new ConfigurationBuilder().AddCommandLine(args).Build(), new DistributedApplicationOptions(), Directory.GetCurrentDirectory());

    private static void Allocate<T>(IResourceBuilder<T> resource, params string[] args)
        where T : IResource
        => PortAllocation.Allocate([resource.Resource], Settings(args));
}
