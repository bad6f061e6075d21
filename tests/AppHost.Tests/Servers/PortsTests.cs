using System.Net;
using System.Net.Sockets;
using Aspire.Hosting.Local.Servers;

namespace AppHost.Tests.Servers;

public sealed class PortsTests
{
    [Fact]
    public void Free_ManyTimes_NeverTheSameAndNeverATakenOne()
    {
        var first = Ports.Free();
        // The next one in line is taken, on the other address of localhost where there is one.
        using var taken = new TcpListener(Loopback.Addresses[^1], first + 1);
        taken.Start();
        var ports = Enumerable.Range(0, 100).Select(_ => Ports.Free()).ToList();
        Assert.Equal(100, ports.Distinct().Count());
        Assert.DoesNotContain(first, ports);
        Assert.DoesNotContain(first + 1, ports);
        Assert.All(ports, port => Assert.True(Loopback.IsFree(port)));
    }

    [Fact]
    public void OwnerOf_NobodyListens_Null() => Assert.Null(Ports.OwnerOf(Ports.Free()));

    [Fact]
    public void OwnerOf_ThisProcessListens_SaysSo()
    {
        using var listener = new TcpListener(IPAddress.Any, Ports.Free());
        listener.Start();
        var owner = Ports.OwnerOf(((IPEndPoint)listener.LocalEndpoint).Port);
        Assert.Equal(Environment.ProcessId, owner!.ProcessId);
        Assert.NotNull(owner.Program);
    }

    [Fact]
    public void OwnerOf_ConnectedButNotListening_Null()
    {
        using var listener = new TcpListener(IPAddress.Loopback, Ports.Free());
        listener.Start();
        using var client = new TcpClient();
        client.Connect((IPEndPoint)listener.LocalEndpoint);
        Assert.Null(Ports.OwnerOf(((IPEndPoint)client.Client.LocalEndPoint!).Port));
    }
}
