using System.Net;
using System.Net.Http.Headers;
using System.Text;
using AppHost.Tests.Processes;
using Aspire.Hosting.Local.Processes;
using Aspire.Hosting.Local.Servers;
using RabbitMQ.Client;
using RabbitMQ.Client.Exceptions;

namespace AppHost.Tests.Servers;

public sealed class RabbitMQServerTests : IAsyncLifetime
{
    private const string Password = "p' \"=\\%$§{}!";

    private readonly int _port = Ports.Free();
    private StackUnderTest _stack = null!;

    public async ValueTask InitializeAsync() => _stack = await StackUnderTest.PersistentAsync();

    public ValueTask DisposeAsync() => _stack.DisposeAsync();

    [Fact]
    public async Task Stop_MessageInDurableQueue_ThereAfterANewStartWithAnotherPassword()
    {
        await using var server = Server(Password);
        await server.StartAsync(TestContext.Current.CancellationToken);
        await using (var connection = await ConnectAsync(Password))
        {
            await using var channel = await connection.CreateChannelAsync(
                new CreateChannelOptions(publisherConfirmationsEnabled: true, publisherConfirmationTrackingEnabled: true), TestContext.Current.CancellationToken);
            await channel.QueueDeclareAsync("kept", durable: true, exclusive: false, autoDelete: false, cancellationToken: TestContext.Current.CancellationToken);
            await channel.BasicPublishAsync(
                "", "kept", mandatory: true, new BasicProperties { Persistent = true }, Encoding.UTF8.GetBytes("message"), TestContext.Current.CancellationToken);
        }

        await server.StopAsync(TestContext.Current.CancellationToken);
        Assert.Equal(0, await server.Exited);
        await _stack.ReopenAsync();
        await using var next = Server("another");
        await next.StartAsync(TestContext.Current.CancellationToken);
        await Assert.ThrowsAsync<BrokerUnreachableException>(() => ConnectAsync(Password));
        await using var again = await ConnectAsync("another");
        await using var reader = await again.CreateChannelAsync(cancellationToken: TestContext.Current.CancellationToken);
        var message = await reader.BasicGetAsync("kept", autoAck: true, TestContext.Current.CancellationToken);
        Assert.Equal("message", Encoding.UTF8.GetString(message!.Body.Span));
    }

    [Fact]
    public async Task Killed_BrokerThenEpmd_StartsAgainAndLeavesNothing()
    {
        var server = Server(Password);
        await server.StartAsync(TestContext.Current.CancellationToken);
        var epmd = Epmd();
        Assert.True(Signals.Kill(epmd));
        await Until.TrueAsync(() => Epmd() is var other && other != 0 && other != epmd, "another epmd");

        Assert.True(Signals.Kill(server.ProcessId!.Value));
        Assert.Equal(128 + 9, await server.Exited);
        await server.StartAsync(TestContext.Current.CancellationToken);
        await server.CheckHealthAsync(TestContext.Current.CancellationToken);
        await server.DisposeAsync();
        Assert.Equal(0, Epmd());
        Assert.Empty(ProcessesWithMarker());
    }

    [Fact]
    public async Task Start_ManagementPort_AnswersToTheUserAlone()
    {
        var management = Ports.Free();
        await using var server = Server(Password, management);
        await server.StartAsync(TestContext.Current.CancellationToken);
        using var http = new HttpClient { BaseAddress = new Uri($"http://localhost:{management}") };
        Assert.Equal(HttpStatusCode.Unauthorized, (await http.GetAsync(new Uri("/api/overview", UriKind.Relative), TestContext.Current.CancellationToken)).StatusCode);
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes("guest:" + Password)));
        Assert.Equal(HttpStatusCode.OK, (await http.GetAsync(new Uri("/api/overview", UriKind.Relative), TestContext.Current.CancellationToken)).StatusCode);
        Assert.Null(Ports.OwnerOf(15672));
    }

    private IEnumerable<int> ProcessesWithMarker()
        => ProcessTable.Read().Where(process => EnvironmentOf(process.Id).Contains(_stack.Ledger.Folder, StringComparison.Ordinal)).Select(process => process.Id);

    private int Epmd() => ProcessesWithMarker().FirstOrDefault(id => File.ReadAllText($"/proc/{id}/comm").Trim() == "epmd");

    private static string EnvironmentOf(int processId)
    {
        try
        {
            return File.ReadAllText($"/proc/{processId}/environ");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }

    private async Task<IConnection> ConnectAsync(string password)
        => await new ConnectionFactory { HostName = "localhost", Port = _port, UserName = "guest", Password = password }.CreateConnectionAsync(TestContext.Current.CancellationToken);

    private RabbitMQServer Server(string password, int? managementPort = null)
        => new("rabbitmq", _port, managementPort, "guest", password, _stack.State, _stack.Ledger, _stack.OnLine);
}
