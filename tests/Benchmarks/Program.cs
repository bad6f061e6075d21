using Benchmarks;
using Benchmarks.Load;

// dotnet run -c Release --project tests/Benchmarks [-- NAME…]
// Two more roles, for the processes that it starts itself: `upstream PORT` and `proxy PORT UPSTREAM`.
switch (args)
{
    case ["upstream", var port]:
        await BareServers.RunUpstreamAsync(port);
        return 0;
    case ["proxy", var port, var upstream]:
        await BareServers.RunProxyAsync(port, upstream);
        return 0;
}

IBenchmark[] all =
[
    new StackStart(), new TokenVerification(), new GatewayHop(1), new GatewayHop(16), new SessionCheck(), new SignIn(), new SessionExchange(), new Heartbeat(),
    new EventStreams(), new OutboxDelay(), new Pairings(),
];
var chosen = args.Length == 0 ? all : [.. all.Where(benchmark => args.Any(name => benchmark.Name.Contains(name, StringComparison.OrdinalIgnoreCase)))];
if (chosen.Length == 0)
{
    Console.Error.WriteLine($"No such benchmark. There are: {string.Join(", ", all.Select(benchmark => benchmark.Name))}.");
    return 2;
}

Console.WriteLine($"{chosen.Length} benchmarks on {Environment.ProcessorCount} cores; each takes up to a minute.");
var results = new List<Result>();
var failures = 0;
foreach (var benchmark in chosen)
{
    Console.WriteLine($"  {benchmark.Name} …");
    try
    {
        var found = await benchmark.RunAsync();
        results.AddRange(found);
        foreach (var result in found)
        {
            Console.WriteLine($"    {result}"); // now, in case the rest does not get so far
        }
    }
    catch (Exception exception)
    {
        // The others have something to say all the same.
        failures++;
        Console.Error.WriteLine($"{benchmark.Name} failed: {exception}");
    }
}

await Platform.EndAsync();

Console.WriteLine();
Console.WriteLine("| what | measured | compared with | ratio | wanted |");
Console.WriteLine("|---|---|---|---|---|");
foreach (var result in results)
{
    Console.WriteLine(result);
}

return failures == 0 ? 0 : 1;
