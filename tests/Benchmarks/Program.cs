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

IBenchmark[] all = [new TokenVerification(), new GatewayHop(1), new GatewayHop(16), new Heartbeat(), new EventStreams()];
var chosen = args.Length == 0 ? all : [.. all.Where(benchmark => args.Any(name => benchmark.Name.Contains(name, StringComparison.OrdinalIgnoreCase)))];
if (chosen.Length == 0)
{
    Console.Error.WriteLine($"No such benchmark. There are: {string.Join(", ", all.Select(benchmark => benchmark.Name))}.");
    return 2;
}

Console.WriteLine($"{chosen.Length} benchmarks on {Environment.ProcessorCount} cores; each takes up to a minute.");
var results = new List<Result>();
foreach (var benchmark in chosen)
{
    Console.WriteLine($"  {benchmark.Name} …");
    results.AddRange(await benchmark.RunAsync());
}

Console.WriteLine();
Console.WriteLine("| what | measured | compared with | ratio | wanted |");
Console.WriteLine("|---|---|---|---|---|");
foreach (var result in results)
{
    Console.WriteLine(result);
}

return 0;
