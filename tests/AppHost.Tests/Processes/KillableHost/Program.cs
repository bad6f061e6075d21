using System.Globalization;
using Aspire.Hosting.Local.Processes;
using Aspire.Hosting.Local.Servers;

// Arguments: the folder of the AppHost, or "ephemeral"; then what to start: "shells" or "servers".
// Prints the folders and process ids as name=value, one a line, then "ready", and waits to be killed.
var ephemeral = args[0] == "ephemeral";
var state = StateFolder.Open(ephemeral ? Environment.CurrentDirectory : args[0], ephemeral);
var ledger = await ProcessLedger.OpenAsync(state, CancellationToken.None);
Print("state", state.Path);
Print("postgres-data", state.PostgresData);
Print("watchdog", ledger.WatchdogId.ToString(CultureInfo.InvariantCulture));
if (args[1] == "shells")
{
    // A child in the group, and one that leaves group and session as a daemon does.
    var told = new TaskCompletionSource();
    var child = await ChildProcess.StartAsync(
        new ChildProcessOptions
        {
            Name = "shell",
            FileName = "sh",
            WorkingDirectory = "/",
            Arguments = ["-c", "sleep 1000 & echo inside=$!; setsid sh -c 'echo outside=$$; exec sleep 1000' & sleep 0.2; echo end; wait"],
            OnLine = (line, _) =>
            {
                Console.WriteLine(line);
                if (line == "end")
                {
                    told.SetResult();
                }
            },
        },
        ledger,
        CancellationToken.None);
    Print("leader", child.Id.ToString(CultureInfo.InvariantCulture));
    await told.Task;
}
else
{
    IBackingServer[] servers =
    [
        new PostgresServer("postgres", Ports.Free(), "postgres", "secret", state, ledger, Ignore),
        new RedisServer("redis", Ports.Free(), "secret", state, ledger, Ignore),
        new RabbitMQServer("rabbitmq", Ports.Free(), null, "guest", "secret", state, ledger, Ignore),
    ];
    await Task.WhenAll(servers.Select(server => server.StartAsync(CancellationToken.None)));
    foreach (var server in servers)
    {
        Print(server.Name, server.ProcessId!.Value.ToString(CultureInfo.InvariantCulture));
    }
}

Console.WriteLine("ready");
await Task.Delay(Timeout.Infinite);

static void Print(string name, string value) => Console.WriteLine($"{name}={value}");

static void Ignore(string line, bool isError)
{
}
